// The Debian guest: systemd, dbus, AppArmor, podman and its runtimes. It is booted once; each batch goes on from a
// snapshot of the booted machine, and what it does is forgotten.
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cached, hashOf } from "./cache.ts";
import { image } from "./image.ts";
import { initramfs } from "./initramfs.ts";
import type { Kernel } from "./kernel.ts";
import { kernel } from "./kernel.ts";
import type { GuestOutcome, Machine } from "./qemu.ts";
import { kernelWords, startQemu, withDirectory, written } from "./qemu.ts";
import type { Monitor } from "./qmp.ts";
import { openMonitor } from "./qmp.ts";

const modules = ["virtio_blk", "crc32c_generic", "erofs", "9pnet_virtio", "9p", "overlay"];
const repository = join(import.meta.dirname, "..", "..");
const bootTimeoutMs = 600_000;
const resumeTimeoutMs = 60_000;

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

/** Boots the guest with further words of the kernel's command line and saves it as it then is. */
async function boot(into: string, used: Kernel, root: string, more: string): Promise<void> {
  const archive = await initramfs(used, "init-debian", modules);
  await withDirectory(async (directory) => {
    const append = `${kernelWords} systemd.show_status=false lsm=landlock,yama,apparmor,bpf ${more}`;
    const words = [
      ...machineWords(directory, join(into, "ram"), "on", root),
      ...["-kernel", used.image, "-initrd", archive, "-append", append],
    ];
    const machine = startQemu(directory, words, bootTimeoutMs);
    try {
      const monitor = await openMonitor(join(directory, "qmp"), machine.alive);
      const booted = (): boolean => written(directory, "port-rc").includes("ready") || !machine.alive();
      await until("it has booted", booted, bootTimeoutMs);
      await monitor.run("stop");
      await monitor.run("migrate-set-capabilities", ignoreShared);
      await monitor.run("migrate", { uri: `file:${join(into, "state")}` });
      await until("its state is saved", () => finished(monitor), bootTimeoutMs);
      monitor.close();
    } catch (cause) {
      throw new Error(`the guest does not boot:\n${written(directory, "console").slice(-4000)}`, { cause });
    } finally {
      machine.kill();
      await machine.done;
    }
  });
}

type Snapshot = { readonly directory: string; readonly root: string };

/** A boot with further words of the kernel's command line; it is saved under its name. */
export type Boot = { readonly name: string; readonly words: string };

/** The booted guest, saved the first time and for each other image, kernel or QEMU. */
async function snapshot(other: Boot | undefined): Promise<Snapshot> {
  const more = other?.words ?? "";
  // What is kept of a kind goes when it is made again, so each boot is a kind.
  const kind = other === undefined ? "snapshot" : `${other.name}-snapshot`;
  const used = await kernel();
  const root = await image(used);
  const qemu = execFileSync("qemu-system-x86_64", ["--version"]);
  const names = ["debian.ts", "qemu.ts", "guest/init-debian"];
  const sources = names.map((name) => readFileSync(join(import.meta.dirname, name)));
  const hash = hashOf(root, used.version, qemu, more, ...sources);
  return { root, directory: await cached(kind, hash, (into) => boot(into, used, root, more)) };
}

/** Loads the snapshot's state and tells the guest's agent what to do. */
async function resume(machine: Machine, from: string): Promise<void> {
  const { directory, alive } = machine;
  const monitor = await openMonitor(join(directory, "qmp"), alive);
  await monitor.run("migrate-set-capabilities", ignoreShared);
  await monitor.run("migrate-incoming", { uri: `file:${join(from, "state")}` });
  await until("it has resumed", () => finished(monitor), resumeTimeoutMs);
  const pipe = openSync(join(directory, "in.in"), constants.O_RDWR);
  writeSync(pipe, `${Math.round(Date.now() / 1000)} ${repository} ${directory}\n`);
  closeSync(pipe);
  await monitor.run("cont");
  monitor.close();
}

/** Options of a run in the Debian guest. */
export type DebianOptions = {
  readonly timeoutMs?: number;
  /** Another boot of the same image. */
  readonly boot?: Boot;
  /** Text files that are put beside the script. */
  readonly files?: Readonly<Record<string, string>>;
};

/**
 * Runs a shell script as root in the Debian guest, in the repository's directory: only that is at its place, the rest
 * of the host is beneath /host.
 */
export async function runDebian(script: string, options: DebianOptions = {}): Promise<GuestOutcome> {
  const saved = await snapshot(options.boot);
  return withDirectory(async (directory) => {
    writeFileSync(join(directory, "run"), script, { mode: 0o755 });
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text);
    const ram = join(saved.directory, "ram");
    const words = [...machineWords(directory, ram, "off", saved.root), "-incoming", "defer"];
    const machine = startQemu(directory, words, options.timeoutMs ?? 120_000);
    try {
      await resume(machine, saved.directory);
      return await machine.done;
    } finally {
      machine.kill();
      await machine.done;
    }
  });
}
