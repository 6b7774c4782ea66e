import type { Config, LinuxIdMapping } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { cleanPath, isBeneath } from "../../paths.ts";
import type { PathGuard, PlanCreateOptions } from "../../plan/index.ts";
import { defaultSeccompProfile, withOwnIds, withoutSetId } from "../../seccomp/index.ts";
import { maskedPaths, readonlyPaths } from "../default-config.ts";
import { weaken } from "../weaken.ts";
import type { Weakening } from "../weakenings.ts";
import type { Account, EtcOptions } from "./etc.ts";
import { accountOf, etcFiles } from "./etc.ts";
import type { Sizes } from "./mounts.ts";
import { defaultSizes, ownMounts, quiet, systemMounts } from "./mounts.ts";
import { covering, home, systemDirs, systemFiles, systemTrees } from "./places.ts";
import { rlimitsOf } from "./rlimits.ts";
import type { PathRule, RuleMounts } from "./rules.ts";
import { lowerOf, planRules, ruleFor } from "./rules.ts";

/** Options of `sandboxConfig`. */
export interface SandboxConfigOptions {
  readonly args: readonly string[];
  /** The directory that is bound in and worked in; absolute. */
  readonly cwd: string;
  /** The directory can be written to. Default false. */
  readonly writable?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly terminal?: boolean;
  /** The size of that terminal. Default: that of the caller's. */
  readonly consoleSize?: { readonly height: number; readonly width: number };
  /** The caller's supplementary groups: none is kept, where the caller may leave them. */
  readonly groups?: readonly number[];
  readonly hostname?: string;
  /** The caller's name, group and shell. */
  readonly account?: Account;
  /** What the host's network is configured with, for a sandbox that has it. */
  readonly network?: EtcOptions["network"];
  /** Short files of the host's /etc, path → content. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Files in the home directory, by their paths. */
  readonly homeFiles?: Readonly<Record<string, string>> | undefined;
  /** Links in the home directory, path → target. No file of it is beneath one. */
  readonly homeLinks?: Readonly<Record<string, string>>;
  /** Sizes of the file systems in memory, path → bytes. */
  readonly sizes?: Sizes;
  /** The tree that is bound by descriptor, in which the working directory is. Default: that directory. */
  readonly tree?: string;
  /** What is seen of the host, the tree among it. Default: the tree, with the ids of its root's files mapped. */
  readonly rules?: readonly PathRule[];
  /** Names in writable trees that stay as they are. */
  readonly guards?: readonly PathGuard[];
  /** Further files of the sandbox's own, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** Mounts a procfs that has processes and nothing else: no meminfo, no cpuinfo. */
  readonly pidOnlyProc?: boolean;
  readonly resources?: NonNullable<Config["linux"]>["resources"];
  readonly rlimits?: NonNullable<Config["process"]>["rlimits"];
  /** The caller's limit of core dumps counts. By default no program writes one. */
  readonly coreDumps?: boolean;
  /** What is given up. */
  readonly unsafe?: readonly Weakening[];
}

/** A sandbox: a config, and what of it is no config's to say. */
export interface Sandbox {
  readonly config: Config;
  readonly options: Pick<
    PlanCreateOptions,
    | "rootfs"
    | "links"
    | "lateLinks"
    | "files"
    | "workDir"
    | "workDirAt"
    | "overlays"
    | "sources"
    | "guards"
    | "bindsStay"
    | "masks"
  >;
}

/** What of the host a sandbox may bind: paths that `HostFacts.paths` has to tell, besides the working directory. */
export const sandboxPaths: readonly string[] = [...systemDirs, ...systemFiles, ...systemTrees, "/proc"];

const namespaces = ["user", "pid", "mount", "ipc", "uts", "cgroup", "network"];

/** For root: an id that belongs to nobody, the last of the range that systemd.io/UIDS-GIDS gives to containers. */
const nobodysId = 1_879_048_191;

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Makes a container from this host alone. The container has the host's programs read-only, and everything else private:
 * no capabilities, no network, the default seccomp profile without set-user-id files, and one directory to work in.
 *
 * @throws {CofferError} E_USAGE when the directory cannot be bound in
 */
export function sandboxConfig(options: SandboxConfigOptions, facts: HostFacts): Sandbox {
  const cwd = cleanPath(options.cwd);
  checkWorkDir(cwd, facts);
  const { unsafe = [] } = options;
  if (unsafe.includes("host-root") && !facts.privileged)
    throw new CofferError("E_USAGE", "only root can be root of the host", { argument: "unsafe-host-root" });
  // Only who has CAP_SETFCAP makes a user namespace that has root of the one above (user_namespaces(7)).
  if (unsafe.includes("user-namespaces") && facts.uid === 0)
    throw new CofferError(
      "E_USAGE",
      "root of a sandbox can give a user namespace no ids",
      { argument: "unsafe-user-namespaces" },
      { hint: "call coffer as an ordinary user" },
    );
  const outside = hostId(facts);
  const { guards = [], tree = cwd } = options;
  const rules = rulesOf(options, cwd);
  const held = heldRule(rules, tree);
  const ruled = planRules(rules, earlier(facts), outside, held);
  // A rule about one of them is about what is bound.
  const copies = without(options.copies ?? {}, rules);
  const config = checkConfig({
    ociVersion: "1.2.0",
    process: {
      terminal: options.terminal ?? false,
      ...(options.consoleSize === undefined ? {} : { consoleSize: options.consoleSize }),
      user: { uid: facts.uid, gid: facts.gid },
      args: options.args,
      env: sandboxEnv(options, facts),
      cwd,
      capabilities: {},
      noNewPrivileges: true,
      rlimits: rlimitsOf(options),
    },
    root: { path: "/", readonly: true },
    hostname: hostnameOf(options),
    mounts: mountsOf({ ...options, copies }, ruled, facts, held),
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      uidMappings: [{ containerID: facts.uid, hostID: outside ?? facts.uid, size: 1 }],
      gidMappings: [
        { containerID: facts.gid, hostID: outside ?? facts.gid, size: 1 },
        ...leavingGroups(options, facts),
      ],
      ...(options.resources === undefined ? {} : { resources: options.resources }),
      maskedPaths,
      readonlyPaths,
      seccomp: seccompOf(unsafe, facts),
    },
  });
  const files = etcFiles(etcOptions(options, facts));
  const links = { ...facts.rootLinks, "/etc/mtab": "/proc/self/mounts", "/var/run": "/run" };
  const overlays = rules.filter(({ access }) => access === "overlay");
  return {
    config: weaken(config, unsafe),
    options: {
      rootfs: { tmpfs: true },
      links,
      lateLinks: options.homeLinks ?? {},
      files: { ...copies, ...without(files, rules), ...homeFiles(options, rules), ...options.files },
      ...(held === undefined ? {} : { workDir: tree }),
      ...(overlays.some(({ source }) => source === tree) ? { workDirAt: lowerOf(tree) } : {}),
      overlays: Object.fromEntries(overlays.map(({ path, mode = 0o755 }) => [path, mode])),
      bindsStay: true,
      masks: ruled.masked,
      guards,
      ...(options.rules === undefined ? {} : { sources: sourcesOf(rules) }),
    },
  };
}

/** The files of the home directory, but for those that a rule or a link puts something of the host in the place of. */
function homeFiles({ homeFiles: files = {}, homeLinks = {} }: SandboxConfigOptions, rules: readonly PathRule[]) {
  const links = Object.keys(homeLinks).map((path): PathRule => ({ path, access: "read" }));
  return without(files, [...rules.filter(({ access }) => access !== "tmp"), ...links]);
}

/** The files that no rule puts something else in the place of. */
function without(files: Readonly<Record<string, string>>, rules: readonly PathRule[]) {
  return Object.fromEntries(Object.entries(files).filter(([path]) => ruleFor(rules, path) === undefined));
}

/** Set-user-id programs that are left in the working directory would be the caller's own on the host. */
function seccompOf(unsafe: readonly Weakening[], { arch, uid, gid }: HostFacts) {
  const whole = defaultSeccompProfile(arch);
  const profile = unsafe.includes("host-root") ? whole : withOwnIds(whole, { uid, gid });
  return unsafe.includes("new-privileges") ? profile : withoutSetId(profile);
}

/** Root of the host becomes nobody of it; anyone else stays who they are. */
export function hostId(facts: HostFacts): number | undefined {
  return facts.uid === 0 && facts.initialUserns ? nobodysId : undefined;
}

/**
 * Who maps only its own group may not call setgroups(2), and so keeps all others (user_namespaces(7)). With one subordinate
 * group mapped as well newgidmap(1) allows the call.
 */
function leavingGroups(
  { groups = [] }: SandboxConfigOptions,
  { uid, gid, subids }: HostFacts,
): readonly LinuxIdMapping[] {
  const [range] = subids.gids;
  if (uid === 0 || groups.every((one) => one === gid) || subids.newgidmap === undefined || range === undefined)
    return [];
  return [{ containerID: range.start, hostID: range.start, size: 1 }];
}

function checkWorkDir(cwd: string, facts: HostFacts): void {
  const refuse = (reason: string): never => {
    throw new CofferError(
      "E_USAGE",
      `cannot work in ${quote(cwd)}: ${reason}`,
      { argument: "cwd" },
      { hint: "choose another directory" },
    );
  };
  if (covering.includes(cwd)) refuse("the sandbox has its own");
  if (["/proc", "/dev", "/sys"].some((dir) => isBeneath(cwd, dir))) refuse("it is not a directory of files");
  if (facts.paths[cwd] !== "dir") refuse("it is not a directory");
}

/** Variables as the kernel has them. */
export function toWords(env: NonNullable<SandboxConfigOptions["env"]>): readonly string[] {
  const words: string[] = [];
  for (const name of Object.keys(env)) if (env[name] !== undefined) words.push(`${name}=${env[name]}`);
  return words;
}

const hostnameOf = ({ hostname = "sandbox" }: Pick<SandboxConfigOptions, "hostname">): string => hostname;

function etcOptions(
  options: Pick<SandboxConfigOptions, "account" | "network" | "unsafe" | "hostname">,
  { uid, gid }: Pick<HostFacts, "uid" | "gid">,
): EtcOptions {
  const { account, network, unsafe = [] } = options;
  const hostname = hostnameOf(options);
  return { uid, gid, hostname, account, ...(unsafe.includes("host-network") ? { network } : {}) };
}

/** The variables of the program, as the kernel has them. */
export function sandboxEnv(
  options: Pick<SandboxConfigOptions, "account" | "env" | "unsafe">,
  ids: Pick<HostFacts, "uid" | "gid">,
): readonly string[] {
  const { name, shell } = accountOf(etcOptions(options, ids));
  const own = { PATH: defaultPath, HOME: home, USER: name, LOGNAME: name, SHELL: shell, LANG: "C.UTF-8", TERM: "dumb" };
  return toWords({ ...own, ...tarEnv(options, ids), ...options.env });
}

/** GNU tar gives what root unpacks to the users of the archive: none of them is here. */
function tarEnv({ unsafe = [] }: Pick<SandboxConfigOptions, "unsafe">, { uid }: Pick<HostFacts, "uid">) {
  return uid === 0 && !unsafe.includes("host-root") ? { TAR_OPTIONS: "--no-same-owner" } : {};
}

/** The rules where the caller has found none: the working directory. */
function rulesOf({ rules, writable = false }: SandboxConfigOptions, cwd: string): readonly PathRule[] {
  return rules ?? [{ path: cwd, source: cwd, access: writable ? "write" : "read", mapped: true }];
}

/** The rule that shows the tree at its own path. A rule of `--bind` may show something else there. */
function heldRule(rules: readonly PathRule[], tree: string): PathRule | undefined {
  return rules.find(({ path, source }) => path === tree && source === tree);
}

/** What is mounted before the rules: the nearest of all counts for a path. */
function earlier(facts: HostFacts): readonly PathRule[] {
  const bound = [...systemDirs, ...systemFiles, ...systemTrees].filter((path) => facts.paths[path] !== "missing");
  const own = [...Object.keys(defaultSizes).filter((path) => path !== "/home"), home];
  return [
    ...["/proc", ...bound].map((path): PathRule => ({ path, source: path, access: "read" })),
    ...own.map((path): PathRule => ({ path, access: "tmp" })),
  ];
}

function mountsOf(
  options: SandboxConfigOptions,
  { mounts }: RuleMounts,
  facts: HostFacts,
  held: PathRule | undefined,
): readonly object[] {
  const { pidOnlyProc = false, sizes = {}, copies = {} } = options;
  const other = held === undefined ? Object.keys(copies) : [held.path, ...Object.keys(copies)];
  return [
    ...systemMounts(facts, other),
    { destination: "/proc", type: "proc", source: "proc", options: pidOnlyProc ? [...quiet, "subset=pid"] : quiet },
    ...ownMounts(sizes),
    ...mounts,
  ];
}

/** What is bound is opened as it was looked up: no link that comes later is followed. */
function sourcesOf(rules: readonly PathRule[]): NonNullable<PlanCreateOptions["sources"]> {
  const paths = rules.flatMap(({ source, layers }) => [source ?? [], layers ?? []].flat());
  return Object.fromEntries(paths.map((path) => [path, { at: "host-root", path }]));
}
