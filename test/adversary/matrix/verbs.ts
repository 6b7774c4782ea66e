// The verbs, and the cells that make no sense.
import type { Rights } from "./rights.ts";
import type { Caller, NotApplicable } from "./types.ts";

export const verbNames = [
  ...["run", "create", "start", "exec", "exec -t", "kill", "pause", "resume", "update", "delete"],
  ...["events", "ps", "checkpoint", "restore", "sandbox", "sandbox --fence"],
] as const;

export type Verb = (typeof verbNames)[number];

type Question = { readonly rights: Rights; readonly as: Caller; readonly attacker: string };

type Rule = NotApplicable & { readonly verbs: readonly Verb[]; readonly holds: (question: Question) => boolean };

const withSandbox = ["none", "bind"];
const withCriu = ["docker"];

/** Classes of cells that are left out, each with its reason. */
export const rules: readonly Rule[] = [
  {
    what: "an ordinary user × pause, resume, update, events, ps",
    why: "no cgroups are delegated to ordinary users on the machine of the record: each of these says so and ends",
    verbs: ["pause", "resume", "update", "events", "ps"],
    holds: ({ as }) => as === "user",
  },
  {
    what: "an ordinary user × checkpoint, restore",
    why: "CRIU is for root",
    verbs: ["checkpoint", "restore"],
    holds: ({ as }) => as === "user",
  },
  {
    what: `checkpoint, restore × rights other than ${withCriu.join(", ")}`,
    why: "CRIU sees processes, not rights, and a run of it takes as long as fifty of other verbs",
    verbs: ["checkpoint", "restore"],
    holds: ({ rights }) => !withCriu.includes(rights.name),
  },
  {
    what: "staller × checkpoint, restore",
    why: "CRIU opens the program that the attacker has a lease on, and waits for 45 s each time (fs.lease-break-time): within the bound of an hour, and shown by hand",
    verbs: ["checkpoint", "restore"],
    holds: ({ attacker }) => attacker === "staller",
  },
  {
    what: `sandbox × rights other than ${withSandbox.join(", ")}`,
    why: "sandbox decides itself what its program gets: `none` attacks from within the sandbox, `bind` from a container that has its working directory",
    verbs: ["sandbox", "sandbox --fence"],
    holds: ({ rights }) => !withSandbox.includes(rights.name),
  },
  {
    what: "single capabilities × pause, resume, update",
    why: "no capability is about a cgroup that the container does not see: the classes `cgroups` and `privileged` attack them",
    verbs: ["pause", "resume", "update"],
    holds: ({ rights }) => rights.name.includes("CAP_"),
  },
];

/** The other classes that are left out. */
export const leftOut: readonly NotApplicable[] = [
  {
    what: "each capability × each attacker",
    why: "each capability alone, in a user namespace and added to docker's, meets all attackers at once (`all`)",
  },
  {
    what: "CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_ADMIN without a user namespace",
    why: "rights over the host itself: SECURITY.md says that no runtime holds them back",
  },
  {
    what: "an ordinary user × docker, pod with a debugger, cgroups, capabilities without a user namespace",
    why: "an ordinary user makes no container without a user namespace, and has no cgroups here",
  },
  {
    what: "an ordinary user × forks, hog",
    why: "there is no limit to hold without a cgroup",
  },
  {
    what: "a mount namespace by path",
    why: "shown by a test of its own (test/defence/waits.test.ts: a process that hangs in a file system of another container of its pod)",
  },
];

export const isLeftOut = (verb: Verb, question: Question): boolean =>
  rules.some((rule) => rule.verbs.includes(verb) && rule.holds(question));
