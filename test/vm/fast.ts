// The fast guest: Debian's kernel with an initramfs of a few MB, and the host's own files under an overlay in memory.
// It starts in seconds and needs no image. The job sees the host's files at their places, may change them, and leaves
// nothing.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initramfs } from "./initramfs.ts";
import { kernel } from "./kernel.ts";
import type { GuestOutcome } from "./qemu.ts";
import { runQemu } from "./qemu.ts";

const modules = ["9pnet_virtio", "9p", "overlay"];
const main = join(import.meta.dirname, "guest", "fast-main");

/** Options of a run in the fast guest. */
export type FastOptions = {
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  /** Further words of the kernel's command line. */
  readonly append?: string;
};

/** Runs a shell script as root in a fast guest of its own. */
export async function runFast(script: string, options: FastOptions = {}): Promise<GuestOutcome> {
  const { image } = kernel();
  const archive = initramfs(kernel(), modules);
  const directory = mkdtempSync(join(tmpdir(), "coffer-vm-"));
  try {
    writeFileSync(join(directory, "run"), script, { mode: 0o755 });
    const append = [
      "console=ttyS0 quiet panic=-1 mitigations=off",
      `coffer.main=${main} coffer.job=${directory}`,
      options.append ?? "",
    ];
    const words = [
      ...["-m", `${options.memoryMb ?? 1024}`, "-kernel", image, "-initrd", archive, "-append", append.join(" ")],
      ...["-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"],
      ...["-device", "virtio-9p-pci,fsdev=host,mount_tag=hostroot"],
    ];
    return await runQemu(directory, words, options.timeoutMs ?? 120_000);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
