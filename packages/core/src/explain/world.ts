// What the program shares with others, what it is held to, and what happens on the host besides.

import { hasNoQueues, hasNoSockets, isLandlocked } from "../audit/checks/landlock.ts";
import { findOps } from "../exposure/find.ts";
import type { Exposure } from "../exposure/index.ts";
import { reachedWords } from "../plan/index.ts";
import type { OpOf } from "../wire/op.ts";
import type { Part, Sentence } from "./sentence.ts";
import { listText, say, sayIf, sizeText } from "./sentence.ts";

function sayNetwork(exposure: Exposure): Sentence {
  const { whose, path = "", at } = exposure.namespaces.network;
  if (hasNoSockets(exposure)) return say("network", "none: it can make no socket", "good", exposure.landlock?.at ?? at);
  if (whose === "host") return say("network", "the host's network, with all that listens there", "bad", at);
  if (whose === "own") return say("network", "a network of its own, which leads nowhere by itself", "good", at);
  if (whose === "container") return say("network", "the network of its container", "plain", at);
  return say("network", `the network namespace ${path}, which others are in`, "plain", at);
}

/** Where a user-mode network leads. */
function sayStack({ rules }: OpOf<"start-network">, at: Sentence["at"]): Sentence {
  const to = listText(reachedWords(rules));
  return say("reaches", `a program of the host gives it a user-mode network, to ${to || "nothing"}`, "odd", at);
}

/** What the program may connect to. */
export function explainNetwork(exposure: Exposure): Part {
  const { plan, egress, sockets } = exposure;
  const moved = findOps(plan, "move-netdev");
  const [stack] = findOps(plan, "start-network");
  const listens = findOps(plan, "listen");
  const reached = egress?.allow.map(({ text }) => text) ?? [];
  return {
    title: "Network",
    sentences: [
      sayNetwork(exposure),
      ...moved.map(({ op, at }) =>
        say(`device ${op.name}`, `the interface ${op.name} of the host is moved in`, "odd", at),
      ),
      ...sayIf(
        listens.length > 0 && egress === undefined,
        "proxy",
        "its caller answers connections to the loopback",
        "odd",
        listens[0]?.at,
      ),
      ...sayIf(
        reached.length > 0 && stack === undefined,
        "reaches",
        `its caller lets it connect to ${listText(reached)}`,
        "plain",
        listens[0]?.at,
      ),
      ...(stack === undefined ? [] : [sayStack(stack.op, stack.at)]),
      ...sayIf(
        (egress?.hostPorts.length ?? 0) > 0,
        "ports",
        `of the host's loopback: port ${listText((egress?.hostPorts ?? []).map(String))}`,
        "odd",
      ),
      ...sayIf(
        (egress?.secrets ?? []).length > 0,
        "secrets",
        `its caller adds secrets to requests to ${listText(egress?.secrets ?? [])}, and reads them`,
        "odd",
      ),
      ...sayIf(
        sockets.length > 0,
        "sockets",
        `it can connect to ${listText(sockets)} of the host, and whoever listens there acts with rights of the host`,
        "odd",
      ),
      ...sayIf(egress?.publishes === true, "publishes", "ports of it are made available on the host", "odd"),
    ],
  };
}

const others = ["pid", "ipc", "uts", "cgroup", "mount"] as const;

/** What else the program shares. */
export function explainShares(exposure: Exposure): Part {
  const { namespaces, kind } = exposure;
  const isKept = isLandlocked(exposure);
  const of = (wanted: string) =>
    others.filter((type) => namespaces[type].whose === wanted && !(type === "ipc" && hasNoQueues(exposure)));
  const [hosts, joined] = [of("host"), of("joined")];
  const words: Readonly<Record<(typeof others)[number], string>> = {
    pid: isKept ? "sees the arguments of every process of the host" : "sees every process of the host",
    ipc: "shares the host's shared memory and message queues",
    uts: "shares the host's name",
    cgroup: "sees the host's cgroups",
    mount: "shares the host's mounts",
  };
  const sentences: readonly Sentence[] = [
    ...hosts.map((type) =>
      say(
        `shares ${type}`,
        `it ${words[type]}`,
        type === "uts" || type === "cgroup" || isKept ? "odd" : "bad",
        namespaces[type].at,
      ),
    ),
    ...joined.map((type) =>
      say(
        `shares ${type}`,
        `it joins the ${type} namespace ${namespaces[type].path ?? ""}`,
        "plain",
        namespaces[type].at,
      ),
    ),
    ...sayIf(kind === "join", "shares container", "it is in the namespaces of a container that runs"),
  ];
  const own = say("shares none", "nothing: its processes, mounts, names and cgroups are its own", "good");
  return { title: "Shares", sentences: sentences.length > 0 ? sentences : [own] };
}

type Said = (value: string) => string | undefined;

const isNumber = (value: string): boolean => /^\d+$/.test(value);
const memory: Said = (value) => (isNumber(value) ? `memory ${sizeText(BigInt(value))}` : undefined);
const swap: Said = (value) => (isNumber(value) ? `swap ${sizeText(BigInt(value))}` : undefined);
const processes: Said = (value) => (isNumber(value) ? `${value} processes` : undefined);

function cpu(value: string): string | undefined {
  const [quota = "", period = "100000"] = value.split(" ");
  if (!isNumber(quota) || !isNumber(period) || period === "0") return undefined;
  const share = Math.round((Number(quota) / Number(period)) * 100) / 100;
  return `${share} ${share === 1 ? "processor" : "processors"}`;
}

/** Control files, and what their values say. */
const files: Readonly<Record<string, Said>> = {
  "memory.max": memory,
  "memory.limit_in_bytes": memory,
  "memory.high": (value) => (isNumber(value) ? `memory throttled beyond ${sizeText(BigInt(value))}` : undefined),
  "memory.swap.max": swap,
  "pids.max": processes,
  "cpu.max": cpu,
  "cpuset.cpus": (value) => `processors ${value}`,
  "cpu.weight": (value) => `processor weight ${value}`,
};

/** setrlimit(2): the resources by number. */
const resources = [
  ...["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING"],
  ...["MSGQUEUE", "NICE", "RTPRIO", "RTTIME"],
];
const infinity = (1n << 64n) - 1n;

function rlimitText({ resource, soft }: OpOf<"set-rlimit"> | OpOf<"set-own-rlimit">): string {
  const value = BigInt(soft);
  return `RLIMIT_${resources[Number(resource)] ?? resource} ${value === infinity ? "unlimited" : value}`;
}

function sayDevices({ deviceFilter: { kind, at }, namespaces: { user } }: Exposure): Sentence {
  if (kind === "none" && user.whose === "own")
    return say("devices", "no device filter; in a user namespace no node of a device can be made", "plain", at);
  if (kind === "none") return say("devices", "no device filter: rights over a device are all that counts", "odd", at);
  if (kind === "unknown") return say("devices", "a device filter that cannot be read", "odd", at);
  return say("devices", "devices are denied unless the filter lists them", "good", at);
}

/**
 * What of the host has no limit. Limits of memory are of each process, and that of processes is of each user: setrlimit(2).
 * Root of the host and whoever has capabilities can pass the latter, also as another user of a user namespace.
 */
function openLimits(
  { isHostRoot, rights }: Exposure,
  files: readonly string[],
  rlimits: readonly string[],
): readonly string[] {
  const isOpen = (file: RegExp): boolean => !files.some((key) => file.test(key));
  const named = (what: string, rlimit: RegExp): string =>
    rlimits.some((text) => rlimit.test(text)) ? `${what} as a whole` : what;
  const isUsers = !isHostRoot && rights.capabilities === 0n;
  const processes = named("processes", /^RLIMIT_NPROC \d/);
  return [
    ...(isOpen(/memory\.(max|limit)/) ? [named("memory", /^RLIMIT_(?:DATA|AS) \d/)] : []),
    ...(isOpen(/pids/) && (processes === "processes" || !isUsers) ? [processes] : []),
  ];
}

/** What the program is held to. */
export function explainLimits(exposure: Exposure): Part {
  const { plan } = exposure;
  const written = findOps(plan, "write-cgroup").flatMap(({ op, at }) => {
    // What is copied from the cgroup above so that a new one can be used is no limit.
    const isAsked = at.from === undefined || at.from.startsWith("/linux/resources");
    const text = isAsked ? files[op.file]?.(op.value) : undefined;
    return text === undefined ? [] : [say(`limit ${op.file}`, text, "good", at)];
  });
  const rlimits = [...findOps(plan, "set-rlimit"), ...findOps(plan, "set-own-rlimit")];
  const open = openLimits(
    exposure,
    written.map(({ key }) => key),
    rlimits.map(({ op }) => rlimitText(op)),
  );
  return {
    title: "Limits",
    sentences: [
      // A file that is written twice has the last value.
      ...new Map(written.map((one) => [one.key, one])).values(),
      ...sayIf(
        rlimits.length > 0,
        "rlimits",
        listText(
          rlimits.map(({ op }) => rlimitText(op)),
          5,
        ),
        "plain",
        rlimits[0]?.at,
      ),
      sayDevices(exposure),
      ...sayIf(open.length > 0, "open", `no limit for ${open.join(" and ")}: it can take all that the host has`, "odd"),
    ],
  };
}

/** What happens on the host besides. */
export function explainHost({ hooks, plan, criuConfig, usernsOff, namespaces: { user } }: Exposure): Part {
  const hosts = hooks.filter(({ side }) => side === "host");
  const cgroups = findOps(plan, "make-cgroup");
  const units = findOps(plan, "call-bus");
  const sentences = [
    ...sayIf(
      usernsOff !== undefined && user.whose === "own",
      "user namespaces",
      `the launch fails on this host: ${usernsOff} turns user namespaces off`,
      "bad",
      user.at,
    ),
    ...hosts.map(({ path, inside, at }) =>
      say(
        `hook ${path}`,
        `${path} of the host runs as a hook${inside ? ", in the container's namespaces" : ""}`,
        "odd",
        at,
      ),
    ),
    ...sayIf(
      cgroups.length > 0,
      "cgroup",
      `a cgroup is made: ${listText([...new Set(cgroups.map(({ op }) => op.path))], 3)}`,
      "plain",
      cgroups[0]?.at,
    ),
    ...sayIf(units.length > 0, "systemd", "systemd is asked over its bus", "plain", units[0]?.at),
    ...sayIf(criuConfig !== undefined, "criu", `CRIU obeys ${criuConfig ?? ""}`, "odd"),
  ];
  return {
    title: "On the host",
    sentences: sentences.length > 0 ? sentences : [say("host none", "nothing that stays", "good")],
  };
}
