// Satellites: what each kind may do, seen from outside; and what becomes of a launch whose satellite is killed, stopped or
// lied to (R12, R14).
import { existsSync, readlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { syscallRows } from "../../packages/core/src/seccomp/compiler/syscalls.gen.ts";
import { compileSeccomp, simulate } from "../../packages/core/src/seccomp/index.ts";
import type { SatelliteKind, SatelliteName } from "../../packages/core/src/wire/satellites.ts";
import { filterProfile, satellites } from "../../packages/core/src/wire/satellites.ts";
import { pause, until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Asking } from "./satellites.ts";
import { asksBus, asksCriu, descriptorsOf, movesInterface, satelliteOf, statusOf, waits } from "./satellites.ts";

const kinds: Readonly<Record<SatelliteName, SatelliteKind>> = satellites;
const names = (Object.keys(kinds) as readonly string[]).filter((name): name is SatelliteName => name in kinds);

const longMs = 60_000;
const [ECHILD, EPROTO, EMSGSIZE, ETIMEDOUT] = [10, 71, 90, 110];

const maskOf = (capabilities: readonly number[]): string =>
  capabilities
    .reduce((mask, number) => mask | (1n << BigInt(number)), 0n)
    .toString(16)
    .padStart(16, "0");

const isConfined = test.macro({
  exec: async (t, name: SatelliteName) => {
    if (!(await needs(t, "root", "ip"))) return;
    const { descriptors, capabilities } = kinds[name];
    const waiting = await waits[name](t);
    const pid = await satelliteOf(waiting, descriptors.length);
    t.is(statusOf(pid, "NoNewPrivs"), "1");
    t.is(statusOf(pid, "Seccomp"), "2");
    for (const set of ["CapEff", "CapPrm"]) t.is(statusOf(pid, set), maskOf(capabilities), set);
    for (const set of ["CapInh", "CapAmb"]) t.is(statusOf(pid, set), maskOf([]), set);
    t.deepEqual(descriptorsOf(pid), [...Array(descriptors.length + 1).keys()]);
    t.regex(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:coffer-satellite/, "no file of the host is mapped");
    waiting.end();
    await until("it ends with its launcher", () => !isThere(pid));
  },
  title: (_, name) => `${name}: it has its descriptors and capabilities, and is under its filter`,
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What a launch tells of its satellite, and that it took no longer than it may. */
async function failsWith(
  t: ExecutionContext,
  { done }: Asking,
  ...wanted: readonly (string | number)[]
): Promise<void> {
  const { reports, seconds } = await done;
  const failed = reports.find(({ state }) => state === "failed");
  t.deepEqual([failed?.code, failed?.errno].slice(0, wanted.length), wanted, JSON.stringify(failed, show));
  t.true(seconds < 30, `${seconds}`);
}

const show = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

const asking = { bus: asksBus, criu: asksCriu } as const;

const isKilled = test.macro({
  exec: async (t, name: keyof typeof asking) => {
    if (!(await needs(t, "root"))) return;
    const launch = await asking[name](t, longMs);
    process.kill(await satelliteOf(launch, kinds[name].descriptors.length), "SIGKILL");
    await failsWith(t, launch, "satellite-failed", ECHILD);
  },
  title: (_, name) => `${name}: one that is killed fails the launch at once`,
});

const isStopped = test.macro({
  exec: async (t, name: keyof typeof asking) => {
    if (!(await needs(t, "root"))) return;
    const launch = await asking[name](t, 4000);
    const pid = await satelliteOf(launch, kinds[name].descriptors.length);
    process.kill(pid, "SIGSTOP");
    await failsWith(t, launch, "satellite-failed", ETIMEDOUT);
    await until("it was ended", () => !isThere(pid));
  },
  title: (_, name) => `${name}: one that is stopped fails the launch in time, and is ended`,
});

test.serial("network: an interface comes back though the satellite that moved it was killed", async (t) => {
  if (!(await needs(t, "root", "ip"))) return;
  const launch = movesInterface(t);
  await until("the interface is moved", () => existsSync(`${launch.box.base}/there`));
  process.kill(await satelliteOf(launch, kinds.network.descriptors.length), "SIGKILL");
  launch.end();
  const { exitCode, stdout, stderr } = await launch.done;
  t.not(exitCode, 0);
  t.regex(stderr, /createRuntime hook/);
  t.regex(stdout, /host0@peer0: <[^>]*\bUP\b/);
  t.regex(stdout, /inet 10\.1\.2\.3\/24/);
  await nothingLeft(t, launch.box, launch.box.before, "rootfs");
});

test.serial("notify: a container goes on though nobody passes its word on any more", async (t) => {
  if (!(await needs(t, "root"))) return;
  const waiting = await waits.notify(t);
  process.kill(await satelliteOf(waiting, kinds.notify.descriptors.length), "SIGKILL");
  await pause(200);
  t.true(isThere(waiting.pid));
  waiting.end();
});

/** Bytes as printf(1) wants them. */
const bytes = (...values: readonly number[]): string => values.map((value) => `\\${value.toString(8)}`).join("");

/** A notification of CRIU's about a process: type 6, success 1, and the notification with its pid. */
const about = (pid: string): string => `
  varint() { v=$1; while [ $v -gt 127 ]; do printf '%o ' $((v % 128 + 128)); v=$((v / 128)); done; printf '%o' $v; }
  n=; for o in $(varint ${pid}); do n="$n\\\\$o"; done
  body=$(printf "${bytes(16)}$n" | wc -c)
  printf "${bytes(8, 6, 16, 1, 42)}\\\\$(printf %o $body)${bytes(16)}$n" >&3`;

const lies = test.macro({
  exec: async (t, script: string, ...wanted: readonly (string | number)[]) => {
    if (!(await needs(t, "root"))) return;
    await failsWith(t, asksCriu(t, 10_000, script), ...wanted);
  },
  title: (title) => `criu: ${title} fails the launch`,
});

test.serial("what is no message", lies, "printf hello >&3", "protocol", EPROTO);
test.serial("a message of 100 kB", lies, "dd if=/dev/zero bs=100000 count=1 >&3", "call-failed", EMSGSIZE);
test.serial("a message that ends early", lies, `printf "${bytes(8)}" >&3`, "protocol", EPROTO);
test.serial("a no", lies, `printf "${bytes(8, 2, 16, 0, 56, 5)}" >&3`, "program-failed", 5);
test.serial("a process of others", lies, `${about("1")}; cat <&3 >/dev/null`, "call-failed", ECHILD);
const rest = "cat <&3 >/dev/null";
test.serial("CRIU itself as what it made", lies, `${about("$$")}; ${rest}`, "satellite-failed", EPROTO);
test.serial(
  "the satellite as what it made",
  lies,
  `sleep 0.5; set -- $(cat /proc/$PPID/task/$PPID/children); ${about("$2")}; ${rest}`,
  "satellite-failed",
  EPROTO,
);
test.serial("an end without an answer", lies, "exit 0", "protocol", EPROTO);

const archs = { x86_64: 0xc000003e, aarch64: 0xc00000b7 } as const;
const columns = { x86_64: 0, aarch64: 3 } as const;

/** What the filter of a kind says to a call. */
function verdict(name: SatelliteName, arch: keyof typeof archs, number: number, args: readonly bigint[]): number {
  const { program } = compileSeccomp(filterProfile(kinds[name]), { arch }, { enosysAbove: false });
  return simulate(program, { nr: number, arch: archs[arch], args });
}

const ALLOW = 0x7fff0000;

const reachesNothing = test.macro({
  exec: (t, name: SatelliteName) => {
    for (const arch of ["x86_64", "aarch64"] as const) {
      const listed = new Map(kinds[name].calls.map((call) => [call.name, call]));
      for (const [call, ...numbers] of syscallRows) {
        const number = numbers[columns[arch]] ?? -1;
        if (number < 0) continue;
        const row = listed.get(call);
        // A descriptor that it does not have, an address in every argument.
        const wild = verdict(name, arch, number, [99n, 0x7fff1000n, 5n, 6n, 0x7fff2000n, 7n]);
        t.is(wild === ALLOW, row !== undefined && row.args === undefined, `${arch} ${call}`);
      }
      // The supervisor has the files of the program, and nothing else.
      const files = name === "supervisor" ? [] : ["openat", "openat2", "mkdirat", "renameat2", "process_vm_readv"];
      for (const forbidden of [...files, "socket", "connect", "execve", "execveat", "clone", "mmap", "kill"])
        t.false(listed.has(forbidden), forbidden);
    }
  },
  title: (_, name) => `${name}: its filter lets no call through but the listed, on its own descriptors`,
});

for (const name of names) {
  test.serial(isConfined, name);
  test(reachesNothing, name);
}
for (const name of ["bus", "criu"] as const) {
  test.serial(isKilled, name);
  test.serial(isStopped, name);
}
