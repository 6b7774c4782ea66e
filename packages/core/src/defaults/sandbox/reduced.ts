// A sandbox without namespaces: the host's own tree, of which Landlock leaves a part.
import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";
import type { LandlockPath } from "../../plan/index.ts";
import { defaultSeccompProfile, withoutOutside, withoutSetId } from "../../seccomp/index.ts";
import type { Account } from "./etc.ts";
import { ownFiles, systemDirs, systemFiles, systemTrees } from "./places.ts";
import { rlimitsOf } from "./rlimits.ts";

/** Options of `reducedConfig`. */
export interface ReducedSandboxOptions {
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly account: Account;
  readonly home: string;
  /** What is seen of the host besides its programs. */
  readonly paths: readonly LandlockPath[];
  /** It has a terminal of its own, and so may open /dev/tty. */
  readonly terminal?: boolean;
  readonly rlimits?: NonNullable<Config["process"]>["rlimits"];
  readonly coreDumps?: boolean;
}

/** Devices that are the same for everybody. */
const devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/** Each process finds its own terminal there, or none. */
const ownTty = "/dev/tty";

/** What of the host is looked at besides the paths of the caller. */
export const reducedPaths: readonly string[] = [
  ...systemDirs,
  ...systemFiles,
  ...ownFiles,
  ...systemTrees,
  ...devices,
  ownTty,
];

const defaultPath = "/usr/local/bin:/usr/bin:/bin";

/** What the host shows to every sandbox. The processes of the caller are in /proc: there is no other. */
function systemPaths({ paths, rootLinks }: HostFacts, terminal: boolean): readonly LandlockPath[] {
  const is = (path: string): boolean => rootLinks[path] === undefined && (paths[path] ?? "missing") !== "missing";
  const kindOf = (path: string): "dir" | "file" => (paths[path] === "dir" ? "dir" : "file");
  const readable = [...systemDirs, ...systemFiles, ...ownFiles, ...systemTrees].filter(is);
  return [
    ...readable.map((path): LandlockPath => ({ path, kind: kindOf(path), access: "read" })),
    { path: "/proc", kind: "dir", access: "read" },
    ...[...devices, ...(terminal ? [ownTty] : [])]
      .filter(is)
      .map((path): LandlockPath => ({ path, kind: "file", access: "use" })),
  ];
}

/** The config of a sandbox without namespaces, and what Landlock leaves it of the host's files. */
export function reducedConfig(options: ReducedSandboxOptions, facts: HostFacts) {
  const { args, cwd, account, home, terminal = false } = options;
  const { name, shell } = account;
  // The caller's own settings of git are not seen, and git ends where it may not read them.
  const git = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const own = { PATH: defaultPath, HOME: home, USER: name, LOGNAME: name, SHELL: shell, LANG: "C.UTF-8", TERM: "dumb" };
  const env = Object.entries({ ...own, ...git, ...options.env });
  const config = checkConfig({
    ociVersion: "1.2.0",
    process: {
      user: { uid: facts.uid, gid: facts.gid },
      args,
      env: env.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])),
      cwd,
      capabilities: {},
      noNewPrivileges: true,
      rlimits: rlimitsOf(options),
    },
    root: { path: "/" },
    linux: { seccomp: withoutOutside(withoutSetId(defaultSeccompProfile(facts.arch)), facts.uid === 0) },
  });
  return { config, paths: [...systemPaths(facts, terminal), ...options.paths] };
}
