// One run of QEMU: it always ends, by itself or by its time.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

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

/** The ports that the guest writes to, each a file in the directory of the run. */
const ports = ["out", "err", "rc"] as const;

function portArgv(directory: string): readonly string[] {
  return ports.flatMap((name) => [
    "-chardev",
    `file,id=${name},path=${join(directory, `port-${name}`)}`,
    "-device",
    `virtserialport,chardev=${name},name=${name}`,
  ]);
}

/** The machine: without KVM, which is not there on most hosts of CI, so the same everywhere. */
const machine = ["-M", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-nodefaults", "-display", "none"] as const;

/** Runs QEMU with further words until it ends. `directory` is the run's own: its output goes there. */
export function runQemu(directory: string, words: readonly string[], timeoutMs: number): Promise<GuestOutcome> {
  const serial = join(directory, "console");
  const argv = [
    ...machine,
    ...["-chardev", `file,id=console,path=${serial}`, "-serial", "chardev:console", "-no-reboot"],
    ...["-device", "virtio-serial-pci", ...portArgv(directory)],
    ...words,
  ];
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn("qemu-system-x86_64", argv, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    // A guest must not outlive whoever asked for it.
    const kill = (): void => void child.kill("SIGKILL");
    process.on("exit", kill);
    child.on("error", reject);
    child.on("close", (_status, signal) => {
      process.off("exit", kill);
      const read = (name: string): string => readFileSync(join(directory, name), "utf8");
      const rc = /^\d+/.exec(read("port-rc"))?.[0];
      resolve({
        exitCode: rc === undefined ? undefined : Number(rc),
        stdout: read("port-out"),
        stderr: read("port-err"),
        console: read("console"),
        timedOut: signal === "SIGKILL",
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
}
