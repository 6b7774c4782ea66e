// One run of QEMU: it always ends, by itself, by its time, or with the process that asked for it.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cachePath } from "./cache.ts";

/** What the guest has written and how it ended. */
export type GuestOutcome = {
  /** What the job ended with; undefined when the guest did not come so far. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What the kernel wrote. */
  readonly console: string;
  readonly timedOut: boolean;
  readonly seconds: number;
};

/** A QEMU that runs, with the directory that its output goes to. */
export type Machine = {
  readonly directory: string;
  readonly done: Promise<GuestOutcome>;
  readonly alive: () => boolean;
  readonly kill: () => void;
};

/** Makes a directory for a run, and removes it after. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "coffer-vm-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Text that was written to a file of the run so far. */
export function written(directory: string, name: string): string {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** The ports: three that the guest writes to, each a file, and `in`, a pipe. */
function portWords(directory: string): readonly string[] {
  execFileSync("mkfifo", [join(directory, "in.in"), join(directory, "in.out")]);
  const files = ["out", "err", "rc"].map((name) => [name, `file,id=${name},path=${join(directory, `port-${name}`)}`]);
  return [...files, ["in", `pipe,id=in,path=${join(directory, "in")}`]].flatMap(([name = "", chardev = ""]) => [
    "-chardev",
    chardev,
    "-device",
    `virtserialport,chardev=${name},name=${name}`,
  ]);
}

/** Everything that each machine has. Without KVM, which most hosts of CI have not: the same everywhere. */
function commonWords(directory: string): readonly string[] {
  return [
    ...["-accel", "tcg", "-cpu", "max", "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot"],
    ...["-chardev", `file,id=console,path=${join(directory, "console")}`, "-serial", "chardev:console"],
    ...["-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"],
    ...["-device", "virtio-9p-pci,fsdev=host,mount_tag=hostroot"],
    ...["-device", "virtio-serial-pci", ...portWords(directory)],
  ];
}

function outcomeOf(directory: string, seconds: number, timedOut: boolean): GuestOutcome {
  const rc = /^\d+/m.exec(written(directory, "port-rc"))?.[0];
  return {
    exitCode: rc === undefined ? undefined : Number(rc),
    stdout: written(directory, "port-out"),
    stderr: written(directory, "port-err"),
    console: written(directory, "console"),
    timedOut,
    seconds,
  };
}

/** Words of every kernel. A busy host is too late for its check of the timer, after which it panics (no_timer_check). */
export const kernelWords = "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check";

/** Takes a free lane, a lock that goes with the process, and becomes the program of the further words. */
const lanes = `while :; do
	for lane in 0 1; do
		exec 9>"$0-$lane"
		! flock -n 9 || exec "$@"
	done
	sleep 0.1
done`;

/**
 * Starts QEMU with further words. Two run at a time, as CI has two cores, and the others wait for a lane. The time counts
 * from when QEMU has its lane: it then makes the file of its console.
 */
export function startQemu(
  directory: string,
  words: readonly string[],
  timeoutMs: number,
  arch: "x86_64" | "aarch64" = "x86_64",
): Machine {
  const lock = cachePath("lane");
  mkdirSync(dirname(lock), { recursive: true });
  // setpriv and sh become QEMU, so that what we kill is QEMU itself, and it is killed when we are.
  const prefix = ["--pdeathsig", "KILL", "sh", "-c", lanes, lock, `qemu-system-${arch}`];
  const child = spawn("setpriv", [...prefix, ...commonWords(directory), ...words], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  let started = performance.now();
  let timedOut = false;
  let running = false;
  const watch = setInterval(() => {
    if (!running && existsSync(join(directory, "console"))) {
      running = true;
      started = performance.now();
    }
    if (!running || performance.now() - started < timeoutMs) return;
    timedOut = true;
    child.kill("SIGKILL");
  }, 20);
  const done = new Promise<GuestOutcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      resolve(outcomeOf(directory, (performance.now() - started) / 1000, timedOut));
    });
  }).finally(() => clearInterval(watch));
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  return { directory, done, alive, kill: () => child.kill("SIGKILL") };
}
