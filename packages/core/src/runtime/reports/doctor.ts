// The verb `doctor`: what this host and this caller can have, each by its name.
import { escapeControl, stringifyJson } from "@coffer/spec";
import { locateCriu } from "../../criu/program.ts";
import { wrap } from "../../explain/index.ts";
import { apparmorRemedy, apparmorRestriction } from "../../host/apparmor.ts";
import type { HostFacts, IdRange } from "../../host/facts.ts";
import { probeHost, probeSeenAtIds } from "../../host/probe.ts";
import { findConfinement, findHelperPath, findUsernsSwitch } from "../../host/probe-userns.ts";
import type { UsernsSwitch } from "../../host/userns-switches.ts";
import { handledRights, meetsFloor } from "../../plan/index.ts";
import { probePasta } from "../egress/user-network.ts";
import type { Runtime } from "../runtime.ts";
import { describeProject } from "../sandbox/accept/accept.ts";
import { canWatch, hasFence } from "../sandbox/fence.ts";

/** One thing that was looked at. */
export interface Diagnosis {
  readonly about: string;
  /** `limited`: some configs are refused here, or are less defended; `missing`: no container can be made. */
  readonly state: "ok" | "limited" | "missing";
  readonly found: string;
  /** What follows, and what to do. */
  readonly means?: string;
}

/** What is looked at besides the host facts. */
export interface DoctorFacts extends HostFacts {
  readonly criu: boolean;
  /** pasta(1), and whether everybody may open /dev/net/tun. */
  readonly pasta?: { readonly path: string; readonly tun: boolean } | undefined;
  /** A switch that keeps this caller from making user namespaces. */
  readonly usernsOff?: UsernsSwitch | undefined;
  /** The AppArmor profile of the caller, if one confines it. */
  readonly confined?: string | undefined;
  /** The path of the helper, which makes them. */
  readonly helper?: string | undefined;
  /** `fs.suid_dumpable` is 1. */
  readonly seenAtIds?: boolean;
}

const ok = (about: string, found: string): Diagnosis => ({ about, state: "ok", found });
const limited = (about: string, found: string, means: string): Diagnosis => ({ about, state: "limited", found, means });
const missing = (about: string, found: string, means: string): Diagnosis => ({ about, state: "missing", found, means });

function kernel({ kernel: { major, minor }, arch, ...facts }: DoctorFacts): Diagnosis {
  const found = `Linux ${major}.${minor} on ${arch}`;
  if (!meetsFloor({ ...facts, arch, kernel: { major, minor } }))
    return missing("kernel", found, "Linux 5.14 or newer is needed");
  if (major > 6 || (major === 6 && minor >= 9)) return ok("kernel", found);
  return limited("kernel", found, "before 6.9 a process is told by its start time and the boot, not by an inode");
}

function caller({ uid, privileged, initialUserns }: DoctorFacts): Diagnosis {
  if (privileged && initialUserns) return ok("caller", "root of the host");
  if (privileged)
    return limited("caller", "root in a user namespace", "no device nodes are made: those of the host are bound");
  return limited("caller", `user ${uid}`, "each config needs a user namespace; what is root's alone is refused");
}

function userNamespaces({ usernsOff, confined, helper, privileged }: DoctorFacts): Diagnosis {
  const about = "user namespaces";
  // Whether the helper has a profile only root may read.
  if (usernsOff?.name === apparmorRestriction)
    return limited(
      about,
      `only for programs whose AppArmor profile allows them (${usernsOff.name})`,
      `if \`coffer sandbox -- true\` fails, ${apparmorRemedy(helper)}`,
    );
  if (usernsOff !== undefined) {
    const why = privileged ? limited : missing;
    return why(
      about,
      `turned off by ${usernsOff.name}`,
      `without one a container is root of the host: have root set ${usernsOff.remedy}`,
    );
  }
  if (confined === undefined) return ok(about, "may be made");
  return limited(
    about,
    `the caller has the AppArmor profile ${confined}`,
    `the profile may refuse them: then ${apparmorRemedy(helper)}`,
  );
}

function describeRanges(ranges: readonly IdRange[]): string {
  return ranges.map(({ start, length }) => `${length} from ${start}`).join(", ");
}

function tracing({ seenAtIds = false }: DoctorFacts): Diagnosis {
  if (!seenAtIds) return ok("tracing", "a process that changes its ids is not dumpable");
  return limited(
    "tracing",
    "fs.suid_dumpable is 1",
    "containers can trace what joins them for a moment: set it to 0 or 2",
  );
}

function ids({ privileged, subids: { uids, gids, newuidmap, newgidmap } }: DoctorFacts): Diagnosis {
  if (privileged) return ok("ids", "any");
  if (uids.length === 0 || gids.length === 0)
    return limited("ids", "one", "containers have one id: add a range to /etc/subuid and /etc/subgid");
  if (newuidmap === undefined || newgidmap === undefined)
    return limited(
      "ids",
      "one",
      "the range is not used: newuidmap(1) and newgidmap(1) are not installed, or not set-user-id",
    );
  return ok("ids", `users ${describeRanges(uids)}; groups ${describeRanges(gids)}`);
}

const usual = ["cpu", "io", "memory", "pids"] as const;

function cgroups({ cgroup: { mode, writable, controllers, v1Roots, base } }: DoctorFacts): Diagnosis {
  if (mode === "none") return limited("cgroups", "none", "limits are refused: mount a cgroup file system");
  if (!writable)
    return limited(
      "cgroups",
      `version ${mode}, not this caller's`,
      "limits of containers are refused, and those of sandboxes hold for each process alone: have a cgroup delegated (systemd-run --user --scope -p Delegate=yes)",
    );
  const there = mode === "v2" ? controllers : [...controllers, ...Object.keys(v1Roots)];
  const lacking = usual.filter((name) => !there.includes(name) && !(name === "io" && there.includes("blkio")));
  const found = `${mode} beneath ${base}`;
  return lacking.length === 0
    ? ok("cgroups", `${found}: ${there.join(", ")}`)
    : limited("cgroups", found, `limits of ${lacking.join(", ")} are refused: the controllers are not there`);
}

function systemd({ systemd: found, cgroup: { mode } }: DoctorFacts): Diagnosis {
  if (found !== undefined && (mode === "v2" || !found.user))
    return ok("systemd", `makes cgroups, asked at ${found.socket}`);
  return limited("systemd", found === undefined ? "none" : `cgroup ${mode}`, "--systemd-cgroup is refused");
}

function labels({ lsm }: DoctorFacts): Diagnosis {
  const found = lsm.filter((name) => name === "apparmor" || name === "selinux");
  if (found.length > 0) return ok("labels", found.join(", "));
  return limited(
    "labels",
    "none",
    "/process/apparmorProfile and /process/selinuxLabel are refused, and nothing stands in",
  );
}

function checkpoints({ criu, privileged, initialUserns }: DoctorFacts): Diagnosis {
  if (!privileged || !initialUserns) return limited("checkpoints", "not for this caller", "only root of the host may");
  if (criu) return ok("checkpoints", "CRIU is there");
  return limited("checkpoints", "no CRIU", "checkpoint and restore are refused: install criu");
}

/** What `sandbox --reduced` has. The list of modules is empty where securityfs is not mounted. */
function reduced(facts: DoctorFacts): Diagnosis {
  const rights = handledRights(facts);
  if (rights === undefined || (facts.lsm.length > 0 && !facts.lsm.includes("landlock")))
    return limited("reduced sandboxes", "no Landlock, or one before Linux 6.2", "sandbox --reduced is refused");
  if (rights.scoped === 0)
    return limited(
      "reduced sandboxes",
      "Landlock before Linux 6.12",
      "their signals reach every process of the caller",
    );
  return ok("reduced sandboxes", "Landlock handles files, TCP, abstract sockets and signals");
}

/** What keeps a sandbox from making guarded names that are missing. */
function fence({ kernel, lsm }: DoctorFacts): Diagnosis {
  if (hasFence({ kernel, lsm })) return ok("guarded names", "with --fence a name that is missing cannot be made");
  const means =
    "--fence is refused: a sandbox that may write can make a guarded name that is missing, and you are told at the end";
  return limited("guarded names", "no Landlock, or one before Linux 6.0", means);
}

/** What gives a sandbox a network of its own. */
function userNetwork({ pasta }: DoctorFacts): Diagnosis {
  const about = "user-mode networks";
  if (pasta === undefined) return limited(about, "no pasta(1)", "sandbox --net user is refused: install passt");
  if (pasta.tun) return ok(about, `${pasta.path} makes them`);
  return limited(about, "/dev/net/tun is not for everybody", "sandbox --net user fails: chmod 666 /dev/net/tun");
}

/** What tells why a sandbox has denied something. */
function reasons({ kernel }: DoctorFacts): Diagnosis {
  if (canWatch(kernel))
    return ok("reasons", "with --explain a sandbox lists what its command asked for and was denied");
  return limited("reasons", "a kernel before Linux 6.0", "--explain is refused; --hints reads what the command says");
}

/** Tells what there is and what there is not. Pure. */
export function diagnose(facts: DoctorFacts): readonly Diagnosis[] {
  return [
    kernel,
    caller,
    userNamespaces,
    reduced,
    fence,
    reasons,
    userNetwork,
    tracing,
    ids,
    cgroups,
    systemd,
    labels,
    checkpoints,
  ].map((look) => look(facts));
}

/** The file of the project that the caller works in, if there is one. */
function settings(runtime: Runtime): readonly Diagnosis[] {
  const found = describeProject(runtime);
  if (found === undefined) return [];
  const { path, isUsable, isAccepted } = found;
  if (isUsable) return [ok("settings", isAccepted ? `${path}, which you have accepted` : path)];
  return [
    limited("settings", `${path}, which is not accepted`, "sandboxes fail here: coffer accept tells what it asks for"),
  ];
}

/** Diagnoses as text, with lines of this width at most. */
export function printDiagnoses(all: readonly Diagnosis[], width = Number.POSITIVE_INFINITY): string {
  const margin = 9;
  return all
    .flatMap(({ about, state, found, means }) =>
      [`${about}: ${escapeControl(found)}`, ...(means === undefined ? [] : [means])]
        .flatMap((text) => wrap(text, width - margin))
        .map((line, index) => `${(index === 0 ? state : "").padEnd(margin)}${line}`),
    )
    .join("\n");
}

/** What `doctor` says, and the status to exit with: 1 when no container can be made. `front` is what runs this program. */
export function doctor(runtime: Runtime, form: "text" | "json", front: string, width?: number) {
  const { system } = runtime;
  const facts = probeHost(system, { paths: [], systemd: true });
  const criu = locateCriu(system) !== undefined;
  const more = {
    criu,
    pasta: probePasta(system),
    usernsOff: findUsernsSwitch(system, facts.privileged),
    confined: findConfinement(system),
    helper: findHelperPath(system),
    seenAtIds: probeSeenAtIds(system),
  };
  const all = [ok("front", front), ...diagnose({ ...facts, ...more }), ...settings(runtime)];
  const text =
    form === "json" ? stringifyJson({ diagnoses: all.map((one) => ({ ...one })) }, "\t") : printDiagnoses(all, width);
  return { text, status: all.some(({ state }) => state === "missing") ? 1 : 0 };
}
