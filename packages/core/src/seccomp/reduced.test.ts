import test from "ava";
import {
  checkFilter,
  compileSeccomp,
  defaultSeccompProfile,
  verdictFor,
  withoutOutside,
  withoutSetId,
} from "./index.ts";

const high = 0xdead_0000_0000_0000n;
const cloexec = 0o2000000n;

type Row = readonly [name: string, args: readonly bigint[]];

const denied: readonly Row[] = [
  ...[1n, 2n, 10n, 16n, 17n, 40n].map((family): Row => ["socket", [family, 1n]]),
  ["socketpair", [1n, 2n]],
  ["socketpair", [1n, 2n | cloexec]],
  ["socketpair", [2n, 1n]],
  ["socketpair", [1n | high, 2n | high]],
  ["bind", []],
  ["connect", []],
  ["chmod", [0n, 0o600n]],
  ["fchmodat", [0n, 0n, 0o600n]],
  ["fchmodat2", [0n, 0n, 0o600n, 0x1000n]],
  ["fchownat", []],
  ["lchown", []],
  ["utimes", []],
  ["utimensat", [3n, 0x1000n]],
  ["setxattr", []],
  ["setxattrat", []],
  ["removexattrat", []],
  ["file_setattr", []],
  ["shmget", []],
  ["semop", []],
  ["msgsnd", []],
  ["mq_open", []],
  ["prlimit64", [1n]],
  ["sched_setaffinity", [1n]],
  ["setpriority", [0n, 1n]],
  ["setpriority", [2n, 0n]],
  ["ioprio_set", [3n, 0n]],
  ["ioctl", [0n, 0x5412n]],
  ["ioctl", [0n, 0x5412n | high]],
  // TIOCEXCL, TIOCSCTTY, TIOCSETD, TIOCSTI's like on a console; SIOCGIFCONF.
  ...[0x540cn, 0x540en, 0x5423n, 0x541cn, 0x8912n].map((request): Row => ["ioctl", [0n, request]]),
  // FS_IOC_SETFLAGS and FS_IOC_SETVERSION of both sizes, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY, encryption policies.
  ...[0x40086602n, 0x40046602n, 0x40087602n, 0x40047602n, 0x401c5820n, 0x40806685n, 0x800c6613n].flatMap(
    (request): Row[] => [
      ["ioctl", [0n, request]],
      ["ioctl", [0n, request | high]],
    ],
  ),
  ["fsetxattr", []],
  ["fremovexattr", []],
  ["keyctl", []],
  ["io_uring_setup", []],
  ["unshare", [0x10000000n]],
];

const allowed: readonly Row[] = [
  ["socketpair", [1n, 1n | cloexec]],
  ["socketpair", [1n, 5n]],
  ["fchmod", [3n, 0o600n]],
  ["utimensat", [3n, 0n]],
  ["prlimit64", [0n]],
  ["setpriority", [0n, 0n]],
  ["ioprio_set", [1n, 0n]],
  ...[0x5401n, 0x5410n, 0x5413n, 0x541bn, 0x5421n, 0x5451n].map((request): Row => ["ioctl", [0n, request | high]]),
  ["setsid", []],
  ["setpgid", []],
  ["openat", [0n, 0n, 0n]],
  ["execve", []],
  ["kill", []],
];

for (const arch of ["x86_64", "aarch64"])
  test(`without namespaces, on ${arch}: what leads outside is denied`, (t) => {
    const make = (isRoot: boolean) =>
      compileSeccomp(withoutOutside(withoutSetId(defaultSeccompProfile(arch)), isRoot), { arch });
    const { program, unknown } = make(false);
    t.deepEqual(unknown, []);
    t.is(checkFilter(program), undefined);
    const verdict = ([name, args]: Row) => verdictFor(program, arch, name, args);
    for (const row of denied) if (verdict([row[0], []]) !== undefined) t.is(verdict(row), "errno", row.join(" "));
    for (const row of allowed) t.is(verdict(row), "allow", row.join(" "));
    const ofRoot = make(true).program;
    for (const name of ["fchmod", "fchown", "fsetxattr", "fremovexattr", "utimensat"])
      t.is(verdictFor(ofRoot, arch, name, []), "errno", name);
    const other = arch === "x86_64" ? "x86" : "arm";
    t.not(verdictFor(program, other, "read", []), "allow", "another architecture");
  });
