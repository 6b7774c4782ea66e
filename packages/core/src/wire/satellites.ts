// The satellites: what each kind may do. From it come the filters and the table of `helper-c/satellite/kinds.gen.h`, and the
// list of docs/formats/system-calls.md; test/defence/satellites.test.ts compares it with satellites that run.

/** A call that a satellite may still make once it is confined; an argument by its position must have that value. */
export interface SatelliteCall {
  readonly name: string;
  readonly args?: Readonly<Record<number, number | bigint>>;
}

export interface SatelliteKind {
  readonly code: number;
  /** What it has, from descriptor 1 on, once it is confined. Descriptor 0 is its socket to the launcher. */
  readonly descriptors: readonly string[];
  /** What it has after those, if somebody wants it. */
  readonly sometimes?: readonly string[];
  /** What it gets from the launcher, in this order; without: all of its descriptors. */
  readonly takes?: readonly string[];
  /** Capabilities that it keeps, by number. */
  readonly capabilities: readonly number[];
  /** Calls before it is confined: none of them follows anything that a stranger has said. */
  readonly begins: string;
  readonly calls: readonly SatelliteCall[];
  /** Those that an ordinary run does not show, and when they are made; a text alone is about all of them. */
  readonly rare: Readonly<Record<string, string>> | string;
  readonly doc: string;
}

const launcher = { 0: 0 } as const;
const capNetAdmin = 12;
const capSysPtrace = 19;
/** Stands in a filter for an address that is known when the satellite runs: that of a message which nobody can change. */
export const pinned = 0x5ead_0001_5ead_0002n;

/** sendto(2) without an address: to whom the socket is connected. */
const noAddress = { 4: 0 } as const;

/** What every satellite does: it takes requests of the launcher, answers, and ends. */
const always: readonly SatelliteCall[] = [
  { name: "recvmsg", args: launcher },
  { name: "sendmsg", args: launcher },
  { name: "ppoll" },
  { name: "clock_gettime" },
  { name: "exit_group" },
  { name: "restart_syscall" },
];

/** What is rare in every kind. */
const rare = {
  exit_group: "when the launcher closes its socket; it kills a satellite that it does not need any more",
  restart_syscall: "the kernel has it made after a stop",
} as const;

const begins = "capget capset close landlock_create_ruleset landlock_restrict_self prctl seccomp";

/** What a connected socket is for. */
const connectedTo = (fd: number): readonly SatelliteCall[] => [
  { name: "recvfrom", args: { 0: fd } },
  { name: "sendto", args: { 0: fd, ...noAddress } },
];

export const satellites = {
  bus: {
    code: 1,
    descriptors: ["a connection to a message bus"],
    capabilities: [],
    begins,
    calls: [...always, ...connectedTo(1)],
    rare,
    doc: "speaks to a message bus (D-Bus)",
  },
  network: {
    code: 2,
    takes: ["a network namespace"],
    descriptors: [
      "the namespace of the container",
      "a socket of the host's",
      "the host's",
      "a socket of the container's",
    ],
    capabilities: [capNetAdmin],
    begins: `${begins} bind dup3 ioctl recvmsg setns socket statx`,
    calls: [...always, ...connectedTo(2), ...connectedTo(4)],
    rare: { ...rare, "clock_gettime ppoll": "when the kernel does not answer at once" },
    doc: "moves interfaces of the host into a network namespace (rtnetlink); it has both sockets before it is confined",
  },
  criu: {
    code: 3,
    descriptors: ["CRIU's socket", "CRIU's pidfd"],
    capabilities: [],
    begins,
    calls: [
      ...always,
      { name: "recvmsg", args: { 0: 1 } },
      { name: "sendto", args: { 0: 1, ...noAddress } },
      { name: "close" },
    ],
    rare: "CRIU traces what it dumps and restores, so nobody else can",
    doc: "speaks to CRIU as a service (criu swrk)",
  },
  notify: {
    code: 4,
    takes: ["the socket of the container", "a socket to the caller's", "the container's pidfd"],
    descriptors: [
      "the socket of the container",
      "a socket to the caller's",
      "the container's pidfd",
      "the end of a pipe that is read",
      "the end that is sent",
    ],
    capabilities: [],
    begins: `${begins} mmap mprotect pipe2 recvmsg`,
    calls: [
      ...always,
      { name: "recvfrom", args: { 0: 1 } },
      { name: "sendto", args: { 0: 2, ...noAddress } },
      { name: "sendmsg", args: { 0: 2, 1: pinned } },
      { name: "close" },
    ],
    rare,
    doc: "passes on that the container is ready (sd_notify(3)); the one message with a descriptor lies in memory that is only read",
  },
  supervisor: {
    code: 5,
    takes: ["the launcher's procfs", "the container's pidfd"],
    descriptors: ["the launcher's procfs", "the listener of the program's filter, once init has sent it"],
    sometimes: ["a socket of who gets what the program asks for"],
    // In the user namespace of the container alone: it reads paths in the memory of the program's processes.
    capabilities: [capSysPtrace],
    begins: "capget capset close dup3 prctl recvmsg seccomp setgroups setns setresgid setresuid",
    calls: [
      ...always,
      { name: "ioctl", args: { 0: 2 } },
      { name: "sendto", args: { 0: 3, ...noAddress } },
      ...["close", "linkat", "mkdirat", "mknodat", "openat", "openat2", "prlimit64", "process_vm_readv", "read"].map(
        (name) => ({
          name,
        }),
      ),
      ...["readlinkat", "renameat2", "statx", "symlinkat", "umask"].map((name) => ({ name })),
    ],
    rare: {
      ...rare,
      readlinkat: "for a link at the end that leads to no file",
      ppoll: "when the last process of the program ends before the launcher does, or after it",
      "dup3 sendto": "where somebody gets what the program asks for",
      clock_gettime: "it has no deadline: it ends with the program",
    },
    doc: "makes names for a program that Landlock lets make none, in the namespaces and as the user of the program; no Landlock domain of its own, which the kernel would compare with the program's",
  },
  log: {
    code: 6,
    takes: ["a pipe", "another pipe", "a file", "another file"],
    descriptors: [
      "the pipe of standard output",
      "that of standard error",
      "a file",
      "another file",
      "the container's pidfd",
    ],
    capabilities: [],
    begins,
    calls: [
      ...always,
      // The pipes can be read alone, and the files written.
      ...["fchmod", "ftruncate", "pwrite64", "read"].map((name) => ({ name })),
    ],
    rare,
    doc: "keeps what a program writes that nobody waits for, in two files by turns",
  },
} as const satisfies Readonly<Record<string, SatelliteKind>>;

/** The filter of a kind, as a profile: all other calls kill the satellite. */
export function filterProfile({ calls }: SatelliteKind) {
  const syscalls = calls.map(({ name, args = {} }) => ({
    names: [name],
    action: "SCMP_ACT_ALLOW",
    args: Object.entries(args).map(([index, value]) => ({ index: Number(index), value, op: "SCMP_CMP_EQ" })),
  }));
  return { defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls };
}

export type SatelliteName = keyof typeof satellites;
