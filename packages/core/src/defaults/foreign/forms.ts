// The settings of other sandboxes, field by field: where each goes in a profile, or why it goes nowhere.

/** Lists of a profile that fields of others go to. */
export type List = PathList | "keepEnv" | "allow" | "denyHost" | "hostPorts";

/** Lists of paths. `noWrite` is no list of a profile: it takes from `write`. */
export type PathList = "read" | "write" | "deny" | "noWrite";

/** What becomes of a field. */
export type Field =
  /**
   * Its words go to a list. `forbids`: no other field gives back what it denies. `reallows`: it gives back what a `deny` without
   * `forbids` takes.
   */
  | { readonly to: List; readonly says?: string; readonly forbids?: true; readonly reallows?: true }
  /** If true, no path can be read but those that fields with `reallows` give. */
  | { readonly hides: "everything" }
  /** If true, no host can be reached, whatever other fields allow. */
  | { readonly blocks: "network" }
  /** With one of these words the directory that is worked in can be written. */
  | { readonly tree: readonly string[] }
  /** Rules of Claude Code, such as `Read(~/x)`. */
  | { readonly permissions: "allow" | "ask" | "deny" }
  /** It is not carried over. `restricts`: what it forbids is not forbidden here. */
  | { readonly drop: string; readonly restricts?: true };

/** A form of settings: fields by their dotted names. A name without fields of its own has everything beneath it. */
export type Form = Readonly<Record<string, Field>>;

const drop = (why: string): Field => ({ drop: why });
const lose = (why: string): Field => ({ drop: why, restricts: true });

const always = "a sandbox has its own network, in which every port can be listened on";
const sockets = "has no effect on Linux: name each socket that the command may use in sockets";
const ownProxy = "the sandbox has its own proxy";
const noMachine = "is for another system";
const noFilter = "requests are not filtered by content";
const words = "only what the sandbox sees counts, not the words of a command";

const network = {
  "network.allowedDomains": { to: "allow" },
  "network.deniedDomains": { to: "denyHost" },
  "network.allowLocalBinding": drop(always),
  "network.allowUnixSockets": drop(sockets),
  "network.allowAllUnixSockets": drop(sockets),
  "network.httpProxyPort": drop(ownProxy),
  "network.socksProxyPort": drop(ownProxy),
} as const satisfies Form;

const filesystem = {
  "filesystem.allowRead": { to: "read", reallows: true },
  "filesystem.denyRead": { to: "deny" },
  "filesystem.allowWrite": { to: "write" },
  "filesystem.denyWrite": { to: "noWrite" },
  "filesystem.allowGitConfig": drop("the git config is there without what is secret in it, and cannot be written"),
} as const satisfies Form;

/** Settings of srt. */
const srt = {
  ...network,
  ...filesystem,
  "network.deniedResolvedAddresses": { to: "denyHost" },
  "network.deniedDomainReasons": drop("reasons are the runtime's own"),
  "network.allowMachLookup": drop(noMachine),
  "network.mitmProxy": lose(noFilter),
  "network.tlsTerminate": drop("connections are not opened"),
  "network.parentProxy": drop("the caller's proxy variables are honoured"),
  "network.filterRequest": lose(noFilter),
  "network.strictAllowlist": drop("always so"),
  credentials: drop("secret places are hidden, and variables that are not named are left out"),
  ignoreViolations: drop("nothing is left out of what is told"),
  enableWeakerNestedSandbox: drop("there is no weaker sandbox"),
  enableWeakerNetworkIsolation: drop("there is no weaker network"),
  allowAppleEvents: drop(noMachine),
  allowPty: drop("always so"),
  mandatoryDenySearchDepth: drop("the whole tree is searched"),
  ripgrep: drop("no program is needed"),
  seccomp: drop("the filter is the runtime's own"),
  bwrapPath: drop("no program is needed"),
  socatPath: drop("no program is needed"),
  windows: drop(noMachine),
} as const satisfies Form;

/** The settings of Claude Code: those of its sandbox, and permissions that name paths and hosts. */
const claude = {
  ...Object.fromEntries(
    Object.entries(srt).map(([name, field]): readonly [string, Field] => [`sandbox.${name}`, field]),
  ),
  "sandbox.enabled": drop("a command is in a sandbox because it is run by one"),
  "sandbox.failIfUnavailable": drop("always so"),
  "sandbox.autoAllowBashIfSandboxed": drop("is for Claude Code itself"),
  "sandbox.allowUnsandboxedCommands": drop("is for Claude Code itself"),
  "sandbox.excludedCommands": drop("is for Claude Code itself"),
  "permissions.allow": { permissions: "allow" },
  "permissions.deny": { permissions: "deny" },
  "permissions.ask": { permissions: "ask" },
  "permissions.additionalDirectories": { to: "write" },
  "permissions.defaultMode": drop("is for Claude Code itself"),
  "permissions.disableBypassPermissionsMode": drop("is for Claude Code itself"),
  "*": drop("is for Claude Code itself"),
  env: drop("set them in env, if a command needs them: they may be secrets"),
} satisfies Form;

/** Settings of fence. */
const fence = {
  ...network,
  ...filesystem,
  "filesystem.denyRead": { to: "deny", forbids: true },
  "network.allowLocalOutbound": drop("name each port in network.hostPorts"),
  "network.allowLocalOutboundPorts": { to: "hostPorts" },
  "network.defaultAction": drop("what is not allowed is denied"),
  "network.upstreamProxy": drop("the caller's proxy variables are honoured"),
  "filesystem.allowWrite": { to: "write", reallows: true },
  "filesystem.defaultDenyRead": { hides: "everything" },
  "filesystem.strictDenyRead": lose("the programs of the host can be read"),
  "filesystem.allowExecute": { to: "read", reallows: true },
  "filesystem.wslInterop": drop(noMachine),
  command: lose(words),
  ssh: lose(words),
  devices: drop("a sandbox has the devices that every program needs, and no others"),
  allowPty: drop("always so"),
  forceNewSession: drop("always so"),
  macos: drop(noMachine),
  extends: lose("give that file, or the words of that template, as well"),
} as const satisfies Form;

/** Profiles of nono. */
const nono = {
  meta: drop("is a name"),
  extends: lose("give that profile as well"),
  "groups.include": drop("name the paths of the group that the program needs; toolchains are found"),
  "groups.exclude": drop("there are no groups"),
  "security.groups": drop("name the paths of the group that the program needs; toolchains are found"),
  security: drop("always stricter here"),
  "filesystem.allow": { to: "write" },
  "filesystem.read": { to: "read" },
  "filesystem.write": { to: "write", says: "can be read as well" },
  "filesystem.allow_file": { to: "write" },
  "filesystem.read_file": { to: "read" },
  "filesystem.write_file": { to: "write", says: "can be read as well" },
  "filesystem.deny": { to: "deny", forbids: true },
  "policy.add_deny_access": { to: "deny", forbids: true },
  "network.block": { blocks: "network" },
  "network.allow_domain": { to: "allow" },
  "network.proxy_allow": { to: "allow" },
  "network.allow_proxy": { to: "allow" },
  "network.open_port": { to: "hostPorts" },
  "network.port_allow": { to: "hostPorts" },
  "network.credentials": drop("give --secret"),
  "network.custom_credentials": drop("give --secret"),
  "network.network_profile": drop("name the hosts"),
  "environment.allow_vars": { to: "keepEnv" },
  env_credentials: drop("secrets are not variables here"),
  "workdir.access": { tree: ["readwrite", "write"] },
  interactive: drop("always so"),
  undo: drop("nothing is undone"),
  hooks: drop("is for nono itself"),
  linux: drop("always stricter here"),
} as const satisfies Form;

/** The forms by the names of the tools. */
export const forms = { claude, fence, nono, srt } as const satisfies Readonly<Record<string, Form>>;

/** The name of a form. */
export type FormName = keyof typeof forms;

/** Fields that only one form has: they tell it. */
export const tells: Readonly<Record<FormName, readonly string[]>> = {
  claude: ["permissions", "sandbox"],
  nono: ["meta", "workdir", "filesystem.allow", "filesystem.read_file", "groups", "security"],
  fence: ["command", "ssh", "extends", "devices", "filesystem.defaultDenyRead", "network.allowLocalOutbound"],
  srt: ["network", "filesystem", "ignoreViolations", "credentials"],
};
