// The satellites: what each kind may do. From it come the filters and the table of `helper-c/satellite/kinds.gen.h`, and the
// list of docs/system-calls.md; test/defence/satellites.test.ts compares it with satellites that run.

/** A call that a satellite may still make once it is confined; an argument by its position must have that value. */
export interface SatelliteCall {
  readonly name: string;
  readonly args?: Readonly<Record<number, number>>;
}

export interface SatelliteKind {
  readonly code: number;
  /** What it gets from the launcher, in this order: the first is its descriptor 1. Descriptor 0 is its socket to the launcher. */
  readonly descriptors: readonly string[];
  /** Capabilities that it keeps, by number. */
  readonly capabilities: readonly number[];
  /** Calls before it is confined: none of them follows anything that a stranger has said. */
  readonly begins: string;
  readonly calls: readonly SatelliteCall[];
  readonly doc: string;
}

const launcher = { 0: 0 } as const;
const first = { 0: 1 } as const;
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

const begins = "capget capset close landlock_create_ruleset landlock_restrict_self prctl seccomp";

/** What the descriptor 1 that is a connection is for. */
const connection: readonly SatelliteCall[] = [
  { name: "recvfrom", args: first },
  { name: "sendto", args: { ...first, ...noAddress } },
];

export const satellites = {
  bus: {
    code: 1,
    descriptors: ["a connection to a message bus"],
    capabilities: [],
    begins,
    calls: [...always, ...connection],
    doc: "speaks to a message bus (D-Bus)",
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
