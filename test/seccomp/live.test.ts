import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { numberOf } from "../../packages/core/src/seccomp/compiler/arch.ts";
import { compileSeccomp, defaultSeccompProfile, simulate } from "../../packages/core/src/seccomp/index.ts";
import { engineProfileMissing, readEngineProfile } from "./engine-profile.ts";
import { buildTool, compileWithLibseccomp, oracleMissing } from "./oracle.ts";

const host = { arch: "x86_64" } as const;
const audit = 0xc000003e;
const SIGSYS = 31;
const source = fileURLToPath(new URL("live.c", import.meta.url));
const liveTest = process.arch === "x64" ? test : test.skip;

/** Runs the tool on a filter in a file of its own. */
function live(program: Uint8Array, ...words: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "coffer-seccomp-"));
  try {
    const file = join(folder, "filter");
    writeFileSync(file, program);
    return execFileSync(buildTool(source, "live", []), [file, ...words])
      .toString()
      .trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { program } = compileSeccomp(
  {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [
      { names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 7 },
      { names: ["sched_yield"], action: "SCMP_ACT_KILL_PROCESS" },
      { names: ["sync"], action: "SCMP_ACT_TRAP" },
      { names: ["getsid"], action: "SCMP_ACT_TRACE" },
      { names: ["getpgid"], action: "SCMP_ACT_LOG" },
      {
        names: ["close"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: 1234,
        args: [{ index: 0, value: 0x1_0000_0005n, op: "SCMP_CMP_GE" }],
      },
      {
        names: ["fsync"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: 77,
        args: [
          { index: 1, value: 0xff00n, valueTwo: 0x1200n, op: "SCMP_CMP_MASKED_EQ" },
          { index: 2, value: 9, op: "SCMP_CMP_LT" },
        ],
      },
    ],
  },
  host,
);

const EBADF = 9;
const ENOSYS = 38;

for (const [name, args, expected] of [
  ["getppid", [], "return -1 errno 7"],
  ["sched_yield", [], `signal ${SIGSYS}`],
  ["sync", [], `signal ${SIGSYS}`],
  ["getsid", [], `return -1 errno ${ENOSYS}`],
  ["getpgid", [-1], "return -1 errno 3"],
  ["close", ["0x100000005"], "return -1 errno 1234"],
  ["close", ["0xffffffff00000000"], "return -1 errno 1234"],
  ["close", ["0x100000004"], `return -1 errno ${EBADF}`],
  ["close", ["0xffff"], `return -1 errno ${EBADF}`],
  ["fsync", [-1, "0x1234", 8], "return -1 errno 77"],
  ["fsync", [-1, "0x1334", 8], `return -1 errno ${EBADF}`],
  ["fsync", [-1, "0x1234", 9], `return -1 errno ${EBADF}`],
] as const)
  liveTest(`the kernel does with ${name}(${args.join(", ")}) what the filter says`, (t) => {
    const nr = numberOf("x86_64", name) ?? -1;
    t.is(live(program, "probe", `${nr}`, ...args.map(String)), expected);
    const words = args.map((word) => BigInt.asUintN(64, BigInt(word)));
    const answer = simulate(program, { nr, arch: audit, args: words });
    const errno = /errno (\d+)/.exec(expected)?.[1];
    if (answer >> 16 === 5) t.is(answer & 0xffff, Number(errno));
    t.is(expected.startsWith("signal"), answer === 0x80000000 || answer === 0x30000);
  });

liveTest("loading", (t) => {
  const own = compileSeccomp(defaultSeccompProfile("x86_64"), host);
  t.log(`own profile, ${own.instructions} instructions: ${live(own.program, "time", "200")} ns`);
  t.pass();
  if (engineProfileMissing !== undefined || oracleMissing !== undefined) return;
  const profile = readEngineProfile({ goArch: "amd64", ociArch: "SCMP_ARCH_X86_64", caps: [] });
  const ours = compileSeccomp(profile, host);
  const [theirs] = compileWithLibseccomp([profile]);
  t.log(`engines' profile, ${ours.instructions} instructions: ${live(ours.program, "time", "200")} ns`);
  if (theirs !== undefined) {
    const time = live(theirs.program, "time", "200");
    t.log(`the same by libseccomp, ${theirs.program.length / 8} instructions: ${time} ns`);
  }
});
