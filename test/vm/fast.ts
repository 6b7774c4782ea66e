// The fast guest: Debian's kernel with an initramfs of a few MB, and the host's own files under an overlay in memory.
// It starts in seconds and needs no image. The job sees the host's files at their places, may change them, and leaves
// nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { initramfs } from "./initramfs.ts";
import { kernel } from "./kernel.ts";
import type { GuestOutcome } from "./qemu.ts";
import { kernelWords, startQemu, withDirectory } from "./qemu.ts";

const modules = ["9pnet_virtio", "9p", "overlay"];
const main = join(import.meta.dirname, "guest", "fast-main");

/** Options of a run in the fast guest. */
export type FastOptions = {
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  /** Further words of the kernel's command line. */
  readonly append?: string;
  /** Text files that are put beside the script. */
  readonly files?: Readonly<Record<string, string>>;
};

/** Runs a shell script as root in a fast guest of its own. */
export async function runFast(script: string, options: FastOptions = {}): Promise<GuestOutcome> {
  const used = await kernel();
  const archive = await initramfs(used, "init-fast", modules);
  return withDirectory((directory) => {
    writeFileSync(join(directory, "run"), script, { mode: 0o755 });
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text);
    const append = `${kernelWords} coffer.main=${main} coffer.job=${directory}`;
    const words = [
      ...["-M", "q35", "-m", `${options.memoryMb ?? 1024}`, "-kernel", used.image, "-initrd", archive],
      ...["-append", `${append} ${options.append ?? ""}`],
    ];
    return startQemu(directory, words, options.timeoutMs ?? 120_000).done;
  });
}
