import test from "ava";
import { checkFilter, compileSeccomp, defaultSeccompProfile, verdictFor, withoutSetId } from "./index.ts";

const O_CREAT = 0o100n;
const O_TMPFILE = 0o20200000n;
const high = 0xdead_0000_0000_0000n;

/** Where each call has its mode, after which flags. */
const calls: readonly (readonly [name: string, args: (mode: bigint) => readonly bigint[]])[] = [
  ["chmod", (mode) => [0n, mode]],
  ["fchmod", (mode) => [0n, mode]],
  ["fchmodat", (mode) => [0n, 0n, mode]],
  ["fchmodat2", (mode) => [0n, 0n, mode, 0n]],
  ["creat", (mode) => [0n, mode]],
  ["open", (mode) => [0n, O_CREAT, mode]],
  ["open", (mode) => [0n, O_TMPFILE | 2n, mode]],
  ["open", (mode) => [0n, O_CREAT | 0o20n | 1n | high, mode | high]],
  ["openat", (mode) => [0n, 0n, O_CREAT, mode]],
  ["openat", (mode) => [0n, 0n, O_TMPFILE | 2n, mode]],
  ["mkdir", (mode) => [0n, mode]],
  ["mkdirat", (mode) => [0n, 0n, mode]],
  ["mknod", (mode) => [0n, 0o100000n | mode]],
  ["mknodat", (mode) => [0n, 0n, 0o100000n | mode]],
];

for (const arch of ["x86_64", "aarch64", "riscv64"])
  test(`the sandbox's profile on ${arch}: no call gives a file the bits 06000`, (t) => {
    const { program, unknown } = compileSeccomp(withoutSetId(defaultSeccompProfile(arch)), { arch });
    t.deepEqual(unknown, []);
    t.is(checkFilter(program), undefined);
    const verdict = (name: string, args: readonly bigint[]) => verdictFor(program, arch, name, args);
    for (const [name, args] of calls) {
      if (verdict(name, []) === undefined) continue;
      for (const mode of [0o4755n, 0o2755n, 0o6000n, 0o7777n, 0o4000n]) t.is(verdict(name, args(mode)), "errno", name);
      for (const mode of [0n, 0o755n, 0o1777n, 0o777n]) t.is(verdict(name, args(mode)), "allow", name);
    }
    // Without flags that create, the mode is whatever the register has.
    t.is(verdict("openat", [0n, 0n, 0o200000n, 0o7777n]), "allow");
    t.is(verdict("openat2", []), "errno");
    t.is(verdict("io_uring_setup", []), "errno");
    t.is(verdict("execve", []), "allow");
    t.is(verdict("clone3", []), "errno");
  });
