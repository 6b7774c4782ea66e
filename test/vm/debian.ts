// The Debian guest: systemd, dbus, AppArmor, podman and its runtimes. It is booted once; each batch goes on from a
// snapshot of the booted machine, and what it does is forgotten.
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cachedLater, hashOf } from "./cache.ts";
import { image } from "./image.ts";
import { initramfs } from "./initramfs.ts";
import type { Kernel } from "./kernel.ts";
import { kernel } from "./kernel.ts";
import type { GuestOutcome } from "./qemu.ts";
import { startQemu, withDirectory, written } from "./qemu.ts";
import type { Monitor } from "./qmp.ts";
import { openMonitor } from "./qmp.ts";

const modules = ["virtio_blk", "crc32c_generic", "erofs", "9pnet_virtio", "9p", "overlay"];
const repository = join(import.meta.dirname, "..", "..");
const bootTimeoutMs = 240_000;

/** The machine: what a snapshot is taken of and what it is loaded into must be the same, but for `share`. */
function machineWords(directory: string, ram: string, share: "on" | "off", root: string): readonly string[] {
  return [
    ...["-object", `memory-backend-file,id=ram,size=1536M,mem-path=${ram},share=${share}`],
    ...["-M", "q35,memory-backend=ram", "-m", "1536M"],
    ...["-drive", `file=${root},if=none,id=root,format=raw,readonly=on,file.locking=off`],
    ...["-device", "virtio-blk-pci,drive=root"],
    ...["-qmp", `unix:${join(directory, "qmp")},server=on,wait=off`],
  ];
}

/** Memory that the machine shares with a file is not copied into the state: it is there already. */
const ignoreShared = { capabilities: [{ capability: "x-ignore-shared", state: true }] };

async function until(what: string, condition: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`the guest: not within ${ms / 1000} s: ${what}`);
    await setTimeout(10);
  }
}

async function finished(monitor: Monitor): Promise<boolean> {
  const answer = JSON.stringify(await monitor.run("query-migrate"));
  if (answer.includes('"status":"failed"')) throw new Error(`the guest: ${answer}`);
  return answer.includes('"status":"completed"');
}

/** Boots the guest and saves it as it then is. */
async function boot(into: string, kernelUsed: Kernel, root: string): Promise<void> {
  await withDirectory(async (directory) => {
    const append =
      "console=ttyS0 quiet panic=-1 mitigations=off systemd.show_status=false lsm=landlock,yama,apparmor,bpf";
    const words = [
      ...machineWords(directory, join(into, "ram"), "on", root),
      ...["-kernel", kernelUsed.image, "-initrd", initramfs(kernelUsed, "init-debian", modules), "-append", append],
    ];
    const machine = startQemu(directory, words, bootTimeoutMs);
    try {
      const monitor = await openMonitor(join(directory, "qmp"));
      await until("it has booted", () => written(directory, "port-rc").includes("ready"), bootTimeoutMs);
      await monitor.run("stop");
      await monitor.run("migrate-set-capabilities", ignoreShared);
      await monitor.run("migrate", { uri: `file:${join(into, "state")}` });
      await until("its state is saved", () => finished(monitor), bootTimeoutMs);
      monitor.close();
    } catch (error) {
      throw new Error(`${error}\n${written(directory, "console").slice(-4000)}`);
    } finally {
      machine.child.kill("SIGKILL");
      await machine.done;
    }
  });
}

/** The directory of the snapshot, made the first time and for each other image, kernel or QEMU. */
export async function snapshot(): Promise<string> {
  const used = kernel();
  const root = image(used);
  const qemu = execFileSync("qemu-system-x86_64", ["--version"]);
  const sources = ["debian.ts", "qemu.ts", "guest/init-debian"].map((name) =>
    readFileSync(join(import.meta.dirname, name)),
  );
  return cachedLater(`snapshot-${hashOf(root, used.version, qemu, ...sources)}`, (into) => boot(into, used, root));
}

/** Loads the snapshot's state and tells the guest's agent what to do. */
async function resume(directory: string, from: string): Promise<void> {
  const monitor = await openMonitor(join(directory, "qmp"));
  await monitor.run("migrate-set-capabilities", ignoreShared);
  await monitor.run("migrate-incoming", { uri: `file:${join(from, "state")}` });
  await until("it has resumed", () => finished(monitor), 30_000);
  const pipe = openSync(join(directory, "in.in"), constants.O_RDWR);
  writeSync(pipe, `${Math.round(Date.now() / 1000)} ${repository} ${directory}\n`);
  closeSync(pipe);
  await monitor.run("cont");
  monitor.close();
}

/** Runs a shell script as root in the Debian guest, in the repository's directory: only that is at its place, the rest of
 * the host is beneath /host. `files` are put beside the script. */
export async function runDebian(
  script: string,
  options: { readonly timeoutMs?: number; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<GuestOutcome> {
  const from = await snapshot();
  const root = image(kernel());
  return withDirectory(async (directory) => {
    writeFileSync(join(directory, "run"), script, { mode: 0o755 });
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text);
    const words = [...machineWords(directory, join(from, "ram"), "off", root), "-incoming", "defer"];
    const machine = startQemu(directory, words, options.timeoutMs ?? 120_000);
    try {
      await resume(directory, from);
      return await machine.done;
    } finally {
      machine.child.kill("SIGKILL");
    }
  });
}
