import test from "ava";
import { checkFilter, compileSeccomp, defaultSeccompProfile, SeccompError, simulate, verdictFor } from "../index.ts";
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "../profile.ts";
import { archOf } from "./arch.ts";
import { syscallRows } from "./syscalls.gen.ts";

const host = { arch: "x86_64" } as const;
const X86_64 = 0xc000003e;
const EPERM = 0x50001;
const ENOSYS = 0x50026;
const ALLOW = 0x7fff0000;
const denyAll: SeccompProfile = { defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"] };

const allow = (name: string, ...args: readonly SeccompArg[]): SeccompSyscall => ({
  names: [name],
  action: "SCMP_ACT_ALLOW",
  args,
});

/** Instructions as `code yes no operand`, for small golden programs. */
function listing(program: Uint8Array): readonly string[] {
  const view = new DataView(program.buffer);
  return Array.from({ length: program.length / 8 }, (_, index) =>
    [
      view.getUint16(index * 8, true).toString(16),
      view.getUint8(index * 8 + 2),
      view.getUint8(index * 8 + 3),
      view.getUint32(index * 8 + 4, true).toString(16),
    ].join(" "),
  );
}

test("a small profile is exactly this program", (t) => {
  const profile = { ...denyAll, syscalls: [allow("read"), allow("write")] };
  t.deepEqual(listing(compileSeccomp(profile, host, { enosysAbove: false }).program), [
    "20 0 0 4", // load arch
    "15 0 5 c000003e", // not x86_64: kill
    "20 0 0 0", // load nr
    "35 2 0 40000000", // x32, or -1
    "35 3 0 2",
    "6 0 0 7fff0000",
    "35 1 0 ffffffff",
    "6 0 0 0",
    "6 0 0 50001",
  ]);
});

test("calls newer than the profile answer ENOSYS, older ones the default", (t) => {
  const { program } = compileSeccomp({ ...denyAll, syscalls: [allow("read"), allow("getppid")] }, host);
  t.is(simulate(program, { nr: 0, arch: X86_64 }), ALLOW);
  t.is(simulate(program, { nr: 5, arch: X86_64 }), EPERM);
  t.is(simulate(program, { nr: 111, arch: X86_64 }), ENOSYS);
  t.is(simulate(program, { nr: 0xffffffff, arch: X86_64 }), ENOSYS);
  t.is(simulate(program, { nr: 0x40000000, arch: X86_64 }), 0);
});

for (const [action, errnoRet, stub] of [
  ["SCMP_ACT_ERRNO", undefined, true],
  ["SCMP_ACT_ERRNO", 7, true],
  ["SCMP_ACT_ERRNO", 38, true],
  ["SCMP_ACT_KILL", undefined, true],
  ["SCMP_ACT_TRAP", undefined, true],
  ["SCMP_ACT_TRACE", undefined, false],
  ["SCMP_ACT_LOG", undefined, false],
  ["SCMP_ACT_ALLOW", undefined, false],
] as const)
  test(`the ENOSYS stub with a default of ${action} ${errnoRet ?? ""}`, (t) => {
    const profile = { defaultAction: action, defaultErrnoRet: errnoRet, syscalls: [{ names: ["read"], action }] };
    t.is(simulate(compileSeccomp(profile, host).program, { nr: 1, arch: X86_64 }) === ENOSYS, stub);
  });

test("unknown names are collected and ignored, even ones every object has", (t) => {
  const names = ["read", "no_such_call", "constructor", "__proto__", "no_such_call"];
  const { unknown } = compileSeccomp({ ...denyAll, syscalls: [{ names, action: "SCMP_ACT_ALLOW" }] }, host);
  t.deepEqual(unknown, ["no_such_call", "constructor", "__proto__"]);
});

test("flags", (t) => {
  const flagsOf = (flags?: readonly string[]): number => compileSeccomp({ ...denyAll, flags }, host).flags;
  t.is(flagsOf(), 4);
  t.is(flagsOf([]), 0);
  t.is(flagsOf(["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]), 7);
});

const arg = (change: Partial<SeccompArg>): SeccompProfile => ({
  ...denyAll,
  syscalls: [allow("read", { index: 0, value: 0, op: "SCMP_CMP_EQ", ...change })],
});
const act = (action: string, errnoRet?: number): SeccompProfile => ({
  ...denyAll,
  syscalls: [{ names: ["read"], action, errnoRet }],
});
const many = Array.from({ length: 3000 }, (_, value) => allow("read", { index: 0, value, op: "SCMP_CMP_EQ" }));
const same: SeccompArg = { index: 1, value: 3n, op: "SCMP_CMP_GT" };

for (const [what, profile, pointer] of [
  ["an unknown action", act("SCMP_ACT_MAYBE"), "/syscalls/0/action"],
  ["notify to nobody", act("SCMP_ACT_NOTIFY"), "/listenerPath"],
  ["an errno on an action without one", act("SCMP_ACT_ALLOW", 1), "/syscalls/0/errnoRet"],
  ["a large errno", act("SCMP_ACT_ERRNO", 4096), "/syscalls/0/errnoRet"],
  ["a default errno on kill", { defaultAction: "SCMP_ACT_KILL", defaultErrnoRet: 1 }, "/defaultErrnoRet"],
  ["notify by default to nobody", { defaultAction: "SCMP_ACT_NOTIFY" }, "/listenerPath"],
  ["an unknown architecture", { ...denyAll, architectures: ["SCMP_ARCH_VAX"] }, "/architectures/0"],
  ["an unknown flag", { ...denyAll, flags: ["TSYNC"] }, "/flags/0"],
  ["a notify flag", { ...denyAll, flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] }, "/flags/0"],
  ["notify by default", { defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/run/l" }, "/defaultAction"],
  [
    "notify of write",
    { ...denyAll, listenerPath: "/run/l", syscalls: [{ names: ["write"], action: "SCMP_ACT_NOTIFY" }] },
    "/syscalls/0",
  ],
  ["an index of 6", arg({ index: 6 }), "/syscalls/0/args/0/index"],
  ["an unknown operator", arg({ op: "EQ" }), "/syscalls/0/args/0/op"],
  ["a negative value", arg({ value: -1 }), "/syscalls/0/args/0/value"],
  ["a rounded value", arg({ value: 2 ** 60 }), "/syscalls/0/args/0/value"],
  ["a value of 65 bits", arg({ valueTwo: 1n << 64n }), "/syscalls/0/args/0/valueTwo"],
  ["too many instructions", { ...denyAll, syscalls: many }, "/syscalls"],
  [
    "a contradiction",
    { ...denyAll, syscalls: [allow("read", same), { names: ["read"], action: "SCMP_ACT_LOG", args: [same] }] },
    "/syscalls/1",
  ],
] as const)
  test(`refuses ${what}`, (t) => {
    const error = t.throws(() => compileSeccomp(profile, host), { instanceOf: SeccompError });
    t.is(error?.pointer, `/linux/seccomp${pointer}`);
  });

test("a host without a table is refused", (t) => {
  t.throws(() => compileSeccomp(denyAll, { arch: "x32" }), { instanceOf: SeccompError });
  t.throws(() => compileSeccomp(denyAll, { arch: "vax" }), { instanceOf: SeccompError });
});

test("far jumps: a program of thousands of instructions keeps its verdicts", (t) => {
  // A different errno for each call keeps ranges and chains apart.
  const names = syscallRows.map(([name]) => name);
  const syscalls = names.map((name, index) => ({
    names: [name],
    action: "SCMP_ACT_ERRNO",
    errnoRet: 1000 + index,
    args: [{ index: index % 6, value: BigInt(index) << 20n, op: "SCMP_CMP_GT" }],
  }));
  const { program, instructions } = compileSeccomp({ defaultAction: "SCMP_ACT_ALLOW", syscalls }, host);
  t.is(checkFilter(program), undefined);
  t.true(instructions > 2000);
  const table = archOf("x86_64");
  for (const [index, [name, nr]] of syscallRows.entries()) {
    if (nr === undefined || nr < 0) continue;
    const args = [0, 0, 0, 0, 0, 0].map(() => (BigInt(index) << 20n) + 1n);
    t.is(simulate(program, { nr, arch: table?.audit ?? 0, args }), 0x50000 + 1000 + index, name);
    t.is(simulate(program, { nr, arch: table?.audit ?? 0, args: args.map((value) => value - 1n) }), ALLOW, name);
  }
});

test("a name that stands there 100,000 times is compiled as if it stood there once", (t) => {
  const profile = (count: number) => ({
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [{ names: Array.from({ length: count }, () => "read"), action: "SCMP_ACT_ALLOW" }],
  });
  t.deepEqual(compileSeccomp(profile(100_000), host), compileSeccomp(profile(1), host));
});

test("more rules for one call than a filter can have are refused at once", (t) => {
  const syscalls = Array.from({ length: 20_000 }, (_none, value) => ({
    names: ["read"],
    action: "SCMP_ACT_ALLOW",
    args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
  }));
  t.throws(() => compileSeccomp({ defaultAction: "SCMP_ACT_ERRNO", syscalls }, host), { message: /4096 instructions/ });
});

test("the order in which architectures are listed does not matter", (t) => {
  const profile = (...architectures: string[]) => ({
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: architectures.map((name) => `SCMP_ARCH_${name}`),
    syscalls: [{ names: ["read", "openat", "bpf"], action: "SCMP_ACT_ALLOW" }],
  });
  const [one, other] = [profile("X32", "X86_64"), profile("X86_64", "X32")].map((each) =>
    compileSeccomp(each, { arch: "aarch64" }),
  );
  t.deepEqual(one, other);
});

test("the default profile: what sandboxed programs can and cannot do", (t) => {
  for (const arch of ["x86_64", "aarch64", "riscv64"] as const) {
    const { program, unknown } = compileSeccomp(defaultSeccompProfile(arch), { arch });
    t.deepEqual(unknown, []);
    t.is(checkFilter(program), undefined);
    const verdict = (name: string, ...args: readonly bigint[]) => verdictFor(program, arch, name, args);
    for (const name of [
      "execve",
      "execveat",
      "exit_group",
      "openat",
      "memfd_create",
      "landlock_restrict_self",
      "ptrace",
    ])
      t.is(verdict(name), "allow", name);
    for (const name of [
      "mount",
      "bpf",
      "keyctl",
      "io_uring_setup",
      "userfaultfd",
      "open_by_handle_at",
      "setns",
      "clone3",
    ])
      t.is(verdict(name), "errno", name);
    t.is(verdict("clone", 17n), "allow");
    t.is(verdict("clone", 0x10000011n), "errno");
    t.is(verdict("clone", 0xdead_0000_0000_0011n), "allow");
    t.is(verdict("unshare", 0x80n), "errno");
    t.is(verdict("unshare", 0x400n), "allow");
    t.is(verdict("socket", 2n), "allow");
    t.is(verdict("socket", 38n), "errno");
    t.is(verdict("socket", 40n), "errno");
    t.is(verdict("ioctl", 0n, 0x5412n), "errno");
    t.is(verdict("ioctl", 0n, 0xffffffff_00005412n), "errno");
    t.is(verdict("ioctl", 0n, 0x541cn), "errno");
    t.is(verdict("ioctl", 0n, 0x5413n), "allow");
    t.is(verdict("personality", 0x40000n), "errno");
  }
});
