// Satellites: what each kind may do, seen from outside; and what becomes of a launch whose satellite is killed, stopped or
// lied to (R12, R14).
import { readlinkSync } from "node:fs";
import test from "ava";
import { syscallRows } from "../../packages/core/src/plan/seccomp/compiler/syscalls.gen.ts";
import { compileSeccomp, simulate } from "../../packages/core/src/plan/seccomp/index.ts";
import type { SatelliteKind, SatelliteName } from "../../packages/core/src/wire/satellites.ts";
import { filterProfile, satellites } from "../../packages/core/src/wire/satellites.ts";
import { until } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { descriptorsOf, satelliteOf, statusOf, waits } from "./satellites.ts";

const kinds: Readonly<Record<SatelliteName, SatelliteKind>> = satellites;
const names = (Object.keys(kinds) as readonly string[]).filter((name): name is SatelliteName => name in kinds);

const longMs = 60_000;
const [ECHILD, ETIMEDOUT] = [10, 110];

const maskOf = (capabilities: readonly number[]): string =>
  capabilities
    .reduce((mask, number) => mask | (1n << BigInt(number)), 0n)
    .toString(16)
    .padStart(16, "0");

const isConfined = test.macro({
  exec: async (t, name: SatelliteName) => {
    if (!(await needs(t, "root"))) return;
    const { descriptors, capabilities } = kinds[name];
    const { launching } = await waits[name](t, longMs);
    const pid = await satelliteOf(launching.pid, descriptors.length);
    t.is(statusOf(pid, "NoNewPrivs"), "1");
    t.is(statusOf(pid, "Seccomp"), "2");
    for (const set of ["CapEff", "CapPrm"]) t.is(statusOf(pid, set), maskOf(capabilities), set);
    for (const set of ["CapInh", "CapAmb"]) t.is(statusOf(pid, set), maskOf([]), set);
    t.deepEqual(
      descriptorsOf(pid),
      [0, ...descriptors.keys()].map((_, index) => index),
    );
    t.regex(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:coffer-satellite/, "no file of the host is mapped");
    process.kill(launching.pid, "SIGTERM");
    await launching.done;
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

const isKilled = test.macro({
  exec: async (t, name: SatelliteName) => {
    if (!(await needs(t, "root"))) return;
    const { launching, ops } = await waits[name](t, longMs);
    process.kill(await satelliteOf(launching.pid, kinds[name].descriptors.length), "SIGKILL");
    const { reports, seconds } = await launching.done;
    const failed = reports.find(({ state }) => state === "failed");
    t.deepEqual([failed?.code, failed?.errno], ["satellite-failed", ECHILD]);
    t.true(ops.includes(failed?.op ?? -1), `${failed?.op}`);
    t.true(seconds < 20, `${seconds}`);
  },
  title: (_, name) => `${name}: one that is killed fails the launch at once`,
});

const isStopped = test.macro({
  exec: async (t, name: SatelliteName) => {
    if (!(await needs(t, "root"))) return;
    const { launching, ops } = await waits[name](t, 4000);
    const pid = await satelliteOf(launching.pid, kinds[name].descriptors.length);
    process.kill(pid, "SIGSTOP");
    const { reports, seconds } = await launching.done;
    const failed = reports.find(({ state }) => state === "failed");
    t.deepEqual([failed?.code, failed?.errno], ["satellite-failed", ETIMEDOUT]);
    t.true(ops.includes(failed?.op ?? -1), `${failed?.op}`);
    t.true(seconds < 20, `${seconds}`);
    await until("it was ended", () => !isThere(pid));
  },
  title: (_, name) => `${name}: one that is stopped fails the launch in time, and is ended`,
});

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
      for (const forbidden of ["openat", "openat2", "socket", "connect", "execve", "execveat", "clone", "mmap", "kill"])
        t.false(listed.has(forbidden), forbidden);
    }
  },
  title: (_, name) => `${name}: its filter lets no call through but the listed, on its own descriptors`,
});

for (const name of names) {
  test.serial(isConfined, name);
  test.serial(isKilled, name);
  test.serial(isStopped, name);
  test(reachesNothing, name);
}
