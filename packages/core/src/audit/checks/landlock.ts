// What stays open to a process that Landlock and a filter keep apart, and no namespace.
import type { Call } from "../../exposure/filters.ts";
import { letThrough, servedTables } from "../../exposure/filters.ts";
import type { Exposure } from "../../exposure/index.ts";
import { landlockScope } from "../../plan/index.ts";
import type { Check, Checks } from "../check.ts";
import { hitIf } from "../check.ts";

/** Every right on files of ABI 3, the first that has truncate(2). */
const allFiles = 0x7fff;

/** Whether Landlock denies every file that no rule names. */
export function isLandlocked({ kind, landlock }: Exposure): boolean {
  return kind !== "host" && landlock !== undefined && (landlock.fs & allFiles) === allFiles;
}

/** Whether a filter denies all of these calls, on every architecture that it serves. */
function closes({ filters }: Exposure, calls: readonly Call[]): boolean {
  const served = servedTables(filters);
  return filters.programs.length > 0 && calls.every((call) => letThrough(filters, served, call).length === 0);
}

const named = (...names: readonly string[]): readonly Call[] => names.map((name) => ({ name }));
const sockets: readonly Call[] = [
  ...[1n, 2n, 10n, 16n, 40n].flatMap((family) =>
    [1n, 2n, 3n].map((type) => ({ name: "socket", args: [family, type] })),
  ),
  { name: "socketpair", args: [1n, 2n] },
  ...named("connect", "io_uring_setup"),
];
const queues = named("shmget", "shmat", "semget", "semop", "msgget", "msgsnd", "mq_open");
const keys = named("keyctl", "add_key", "request_key");
const typing: readonly Call[] = [0x5412n, 0x541cn].map((request) => ({ name: "ioctl", args: [0n, request] }));

/** Whether the process can make no socket that leads anywhere. */
export const hasNoSockets = (exposure: Exposure): boolean => isLandlocked(exposure) && closes(exposure, sockets);
/** Whether the memory and queues of the user are out of reach. */
export const hasNoQueues = (exposure: Exposure): boolean => isLandlocked(exposure) && closes(exposure, queues);
/** Whether no key of the user can be used: nobody has to make a keyring, which the filter of docker denies. */
export const hasNoKeys = (exposure: Exposure): boolean => isLandlocked(exposure) && closes(exposure, keys);
/** Whether nothing can be typed into the terminal. */
export const cannotType = (exposure: Exposure): boolean => isLandlocked(exposure) && closes(exposure, typing);

const isRootless = ({ namespaces, tree }: Exposure): boolean =>
  namespaces.mount.whose === "host" && tree.transition === "none";

/** A check of a process that has the host's tree, and a domain. */
function left(
  what: string,
  rest: Omit<Check, "test" | "class">,
  is: (exposure: Exposure) => boolean = () => true,
): Check {
  return {
    ...rest,
    class: "D Docker 2015-3627",
    test: (exposure) =>
      hitIf(isLandlocked(exposure) && isRootless(exposure) && is(exposure), exposure.landlock?.at ?? {}, what),
  };
}

const namespaces = "use namespaces: a sandbox without --reduced";
const readsProc = ({ landlock }: Exposure): boolean =>
  (landlock?.paths ?? []).some(({ where }) => where.path === "/proc");
const signals = ({ landlock }: Exposure): boolean => ((landlock?.scoped ?? 0) & landlockScope.signal) === 0;
const chmods = ({ filters }: Exposure): boolean =>
  servedTables(filters).some(
    (table) => letThrough(filters, [table], { name: "fchmod", args: [3n, 0o600n] }).length > 0,
  );

export const landlockChecks: Checks = {
  "landlock-only": left("Landlock and the filter alone keep the process from the host", {
    severity: "high",
    why: "the process is one of the caller's own, in the host's tree: one flaw of Landlock, or one call that the filter lets through, is enough",
    fix: namespaces,
  }),
  "landlock-signals": left(
    "signals are not handled",
    {
      severity: "high",
      why: "every process of the caller can be ended",
      fix: "use Linux 6.12 or newer, or namespaces",
    },
    signals,
  ),
  "landlock-processes": left(
    "/proc has the processes of the caller",
    {
      severity: "medium",
      why: "the names and arguments of every process of the host, and its network, are in sight; environments, memory and open files are not",
      fix: namespaces,
    },
    readsProc,
  ),
  "landlock-metadata": left("Landlock does not handle stat(2), chdir(2) and inotify(7)", {
    severity: "low",
    why: "whether a file that cannot be read exists, its size, times and changes can be told, and its links be read",
    fix: namespaces,
  }),
  "landlock-open-files": left(
    "the filter lets fchmod(2) through",
    {
      severity: "low",
      why: "mode, group and times of the caller's own files that can be read can be changed, and no other attribute of these",
      fix: "deny fchmod, fchown and utimensat in /linux/seccomp",
    },
    chmods,
  ),
  "landlock-left": left("there is no pid namespace to end with the program", {
    severity: "low",
    why: "processes that the program leaves behind go on, in the same domain, with the files and pipes that it was given; of a terminal of the caller they have nothing",
    fix: namespaces,
  }),
};
