// What a filter has to deny where no namespace keeps a program apart from the processes and services of its user.
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "./profile.ts";

const EPERM = 1;
const ENOTTY = 25;
const low = 0xffffffff;
const AF_UNIX = 1;
/** SOCK_STREAM and SOCK_SEQPACKET: an end of a pair of these reaches the other end, and nothing else. */
const connectedTypes = [1, 5] as const;
const typeMask = 0xf;
const PRIO_PROCESS = 0;
const IOPRIO_WHO_PROCESS = 1;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Calls that are denied whatever their arguments, by what they would reach. */
const closed: readonly string[] = [
  // Sockets: D-Bus, ssh-agent, X11 and docker by their paths; the network; netlink; vsock.
  "socket socketcall bind connect",
  // Mode, owner, times and attributes of whatever a path leads to: Landlock handles none of these.
  `chmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchownat utime utimes futimesat utimensat_time64
   setxattr lsetxattr setxattrat removexattr lremovexattr removexattrat file_setattr`,
  // Memory, semaphores and queues of the user (mq_overview(7) and those of System V).
  `ipc shmget shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl
   mq_open mq_unlink`,
  // Attributes of an open file, for which Landlock wants no right to write.
  "fsetxattr fremovexattr",
].flatMap(words);

/**
 * What ioctl(2) may ask. All else is denied: attributes and encryption of files that are open for reading alone
 * (FS_IOC_SETFLAGS and its like), interfaces of the network, and terminals of others (TIOCSTI, TIOCEXCL, TIOCSCTTY). The
 * numbers are those of asm-generic, which x86_64 and aarch64 share.
 */
const requests: readonly number[] = [
  // TCGETS to TCSETSF, TCSBRK, TCXONC, TCFLSH; TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCGWINSZ, TIOCSWINSZ, TIOCNOTTY, TIOCGSID.
  ...[0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540a, 0x540b, 0x540f, 0x5410, 0x5411, 0x5413, 0x5414, 0x5422, 0x5429],
  // TCGETS2 to TCSETSF2.
  ...[0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d],
  // FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FIOASYNC, FIOQSIZE.
  ...[0x541b, 0x5421, 0x5450, 0x5451, 0x5452, 0x5460],
  // FICLONE and FICLONERANGE, into a file that is open for writing; FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FIEMAP.
  ...[0x40049409, 0x4020940d, 0x80086601, 0x801c581f, 0xc020660b],
];

/** Calls on an open file: root would own the files of the system that it may read. */
const closedForRoot: readonly string[] = words("fchmod fchown fchown32");

const is = (index: number, value: number): SeccompArg => ({
  index,
  op: "SCMP_CMP_MASKED_EQ",
  value: low,
  valueTwo: value,
});
const allow = (names: readonly string[], ...args: readonly SeccompArg[]): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_ALLOW",
  args,
});
const deny = (names: readonly string[], args?: readonly SeccompArg[], errno = EPERM): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_ERRNO",
  errnoRet: errno,
  ...(args === undefined ? {} : { args }),
});
/** A condition that always holds, and is asked last. */
const otherwise = (index: number): readonly SeccompArg[] => [{ index, op: "SCMP_CMP_GE", value: 0 }];

/** Calls that act on the process itself by the number 0, and on any process of the user by another one. */
const ofItself = words("sched_setaffinity sched_setattr sched_setparam sched_setscheduler prlimit64");

const conditional: readonly (readonly [names: readonly string[], allowed: readonly (readonly SeccompArg[])[]])[] = [
  [
    ["socketpair"],
    connectedTypes.map((type) => [
      is(0, AF_UNIX),
      { index: 1, op: "SCMP_CMP_MASKED_EQ", value: typeMask, valueTwo: type },
    ]),
  ],
  // Without a path the times are those of an open file.
  [["utimensat"], [[{ index: 1, op: "SCMP_CMP_EQ", value: 0 }]]],
  [ofItself, [[is(0, 0)]]],
  [["setpriority"], [[is(0, PRIO_PROCESS), is(1, 0)]]],
  [["ioctl"], requests.map((request) => [is(1, request)])],
  [["ioprio_set"], [[is(0, IOPRIO_WHO_PROCESS), is(1, 0)]]],
];

const lowest = (args: readonly SeccompArg[]): number => Math.min(...args.map(({ index }) => index));

/**
 * A profile for a program that Landlock alone keeps apart: what Landlock does not handle is denied. Calls of other
 * architectures are denied too, as their arguments look different.
 */
export function withoutOutside(profile: SeccompProfile, isRoot: boolean): SeccompProfile {
  const names = [...closed, ...(isRoot ? [...closedForRoot, "utimensat"] : [])];
  const conditions = conditional.filter(([calls]) => !calls.some((call) => names.includes(call)));
  const known = new Set([...names, ...conditions.flatMap(([calls]) => calls)]);
  const kept = (profile.syscalls ?? []).map((rule) => ({
    ...rule,
    names: rule.names.filter((name) => !known.has(name)),
  }));
  return {
    ...profile,
    architectures: (profile.architectures ?? []).slice(0, 1),
    syscalls: [
      ...kept.filter((rule) => rule.names.length > 0),
      deny(names),
      ...conditions.flatMap(([calls, allowed]) => [
        ...allowed.map((args) => allow(calls, ...args)),
        // Programs go on without a request that a file does not have.
        deny(calls, otherwise(lowest(allowed.flat())), calls.includes("ioctl") ? ENOTTY : EPERM),
      ]),
    ],
  };
}
