// Flags that several verbs have.
import type { Weakening } from "@coffer/core/weakenings";
import { weakenings } from "@coffer/core/weakenings";
import type { Flag, Flags, Letter, Word } from "./flag.ts";
import { inGroup } from "./flag.ts";

/** The first word of most verbs. */
export const id: Word = { name: "id", help: "the container's id", completes: "containers" };

/** The id of a container that does not exist yet. */
export const newId: Word = { name: "id", help: "the container's id" };

/** The shells that have a completion script. */
export const shells = ["bash", "zsh", "fish"] as const;

/** A boolean flag. */
export const boolean = (help: string, char?: Letter): Flag => ({
  kind: "boolean",
  help,
  ...(char === undefined ? {} : { char }),
});

/** A flag with a value. */
export const text = (help: string, value: string, char?: Letter): Flag => ({
  kind: "text",
  help,
  value,
  ...(char === undefined ? {} : { char }),
});

/** A flag that may be given more than once. */
export const texts = (help: string, value: string, char?: Letter): Flag => ({
  ...text(help, value, char),
  kind: "texts",
});

/** The form of a list. */
export const format: Flag = {
  ...text("format of the list", "FORM", "f"),
  choices: ["table", "json"],
  fallback: "table",
};

/** runc accepts these, and they change nothing. */
export const ignored = (kind: Flag["kind"]): Flag => ({ kind, help: "accepted, and ignored", hidden: true });

/** Every verb has it. */
export const helpFlag: Flag = { ...boolean("print help", "h"), hidden: true };

/** Flags before the verb; `coffer` takes them behind it too. */
export const globalFlags: Flags = {
  root: { ...text("directory of the state of all containers", "DIR"), group: "GLOBAL" },
  log: { ...text("append errors to this file", "FILE"), group: "GLOBAL" },
  "log-format": {
    ...text("format of the log lines", "FORM"),
    choices: ["text", "json"],
    fallback: "text",
    group: "GLOBAL",
  },
  "log-level": { ...ignored("text"), face: "coffer-oci" },
  debug: { ...boolean("log what happens, and the causes of an error"), group: "GLOBAL" },
  strict: { ...boolean("make each warning about a config an error"), group: "GLOBAL" },
  "systemd-cgroup": { ...boolean("let systemd create the cgroups"), group: "GLOBAL" },
  "cgroup-manager": { ...text("cgroupfs, systemd or disabled", "NAME"), face: "coffer-oci", group: "GLOBAL" },
  policy: {
    ...text("policy that every plan must keep; an absolute path", "FILE"),
    face: "coffer-oci",
    group: "GLOBAL",
  },
  rootless: ignored("text"),
  criu: { ...ignored("text"), face: "coffer-oci" },
  help: helpFlag,
  version: { ...boolean("print the version", "v"), hidden: true },
};

/** The policy that a plan must keep; `coffer-oci` has it before the verb. */
export const policyFlag: Flags = {
  policy: { ...text("policy file; a plan that does more is rejected", "FILE"), face: "coffer" },
};

/** Of the verbs that make a process. */
const processFlags: Flags = {
  ...policyFlag,
  "console-socket": text("unix socket that receives the master side of the terminal", "PATH"),
  "pid-file": text("file to write the process id to", "FILE"),
  "pidfd-socket": text("unix socket that receives the pidfd of the process", "PATH"),
  "preserve-fds": { kind: "number", help: "number of further descriptors to pass, from 3 on", value: "N" },
};

const bundle: Flag = { ...text("directory of the bundle", "DIR", "b"), fallback: "." };

/** Of the verbs that make a container of a bundle. */
export const bundleFlags: Flags = {
  bundle,
  "no-new-keyring": boolean("keep the caller's session keyring"),
  "no-pivot": boolean("cover the root instead of pivoting, if the host's root is an initramfs"),
  ...processFlags,
};

/** Of the verbs that plan a new container; `restore` makes one that was. */
export const newFlags: Flags = {
  config: { ...text("config of the bundle under another name", "FILE", "f"), fallback: "config.json" },
  "lock-mounts": boolean("lock the mounts, so that CAP_SYS_ADMIN in the container cannot change them"),
};

/** Of the verbs that make a new container. */
export const initFlags: Flags = {
  init: boolean("put a process 1 beside the program, which forwards signals and reaps orphans"),
};

/** Of the verbs that make a container which nobody has to wait for. */
export const outputFlags: Flags = {
  "keep-output": {
    kind: "optional",
    help: "keep what the program writes, for `coffer logs`, in files of at most SIZE; by default 1m",
    value: "SIZE",
    face: "coffer",
    excludes: ["console-socket"],
  },
};

/** Of the verbs that take several containers at once. */
export const regexFlag: Flags = {
  regex: { ...boolean("the id is a regular expression that selects containers", "r"), face: "coffer-oci" },
};

/** Of the verbs that stay with a container. */
export const stayFlags: Flags = {
  detach: boolean("leave the container running and return", "d"),
  keep: boolean("keep the state of the container after its end"),
  "no-subreaper": ignored("boolean"),
};

const refused = (kind: Flag["kind"]): Flag => ({ kind, help: "rejected, with the reason", hidden: true });

/** Of checkpoint and restore: CRIU's own. */
export const criuFlags: Flags = {
  "image-path": { ...text("directory of the checkpoint images", "DIR"), fallback: "checkpoint" },
  "work-path": { ...text("directory for logs and statistics of CRIU", "DIR"), fallback: "the directory of the images" },
  "tcp-established": boolean("include established TCP connections"),
  "ext-unix-sk": boolean("allow unix sockets that are connected to the outside"),
  "shell-job": boolean("allow a process that uses the caller's terminal"),
  "file-locks": boolean("include file locks"),
  "manage-cgroups-mode": text("soft, full, strict or ignore; restore takes soft or ignore", "MODE"),
  "empty-ns": texts("namespace to leave empty; only network, which is always left empty", "NAME"),
  "auto-dedup": boolean("free images of memory that are no longer needed"),
  "link-remap": boolean("allow unlinked files, and link them again"),
};

/** Of checkpoint. */
export const dumpFlags: Flags = {
  "lazy-pages": refused("boolean"),
  "parent-path": text("images of an earlier --pre-dump, relative to --image-path", "DIR"),
  "leave-running": boolean("leave the container running"),
  "pre-dump": boolean("write only the memory, and leave the container running"),
  "tcp-skip-in-flight": boolean("omit TCP connections that are not yet established"),
  "status-fd": refused("text"),
  "page-server": refused("text"),
};

/** Of restore. */
export const restoreFlags: Flags = {
  "lazy-pages": boolean("take the memory from `criu lazy-pages`, whose socket is in --work-path"),
  "lsm-profile": text("LSM label for the processes", "TYPE:NAME"),
  "lsm-mount-context": text("LSM label for the mounts", "CONTEXT"),
};

/** Whose settings `init` reads. */
export const foreignTools = ["claude", "fence", "nono", "srt"] as const;

/** Of sandbox: its files. The nearest rule wins. */
const fileFlags: Flags = {
  read: texts("path of the host to show read-only", "PATH"),
  write: texts("path of the host to show writable", "PATH"),
  deny: texts("path to hide; *, ? and ** are wildcards", "PATH"),
  tmp: texts("make this directory empty and writable; its files go with the sandbox", "DIR"),
  bind: texts("show the host's SRC at DST, read-only unless :rw", "SRC:DST[:ro|rw]"),
  socket: texts(
    "unix socket of the host to show, by its path or as ssh-agent, with the variables that name it",
    "PATH|NAME",
  ),
  cache: texts("share the download cache of a tool with the host: npm, pip, cargo and others", "NAME[,NAME...]"),
  overlay: {
    kind: "optional",
    help: "make the tree writable in an overlay: in memory and forgotten at the end, or kept for the next sandbox of this --name, or asked about at the end",
    value: "MODE",
    choices: ["discard", "keep", "ask"],
  },
  fence: boolean("keep guarded names that are missing from being made, by Landlock and a supervisor"),
  "no-guards": boolean("let the command change hooks and settings that programs of the host run"),
};

/** How a sandbox reaches hosts. */
export const networkModes = ["none", "proxy", "user"] as const;

/** Of sandbox: what of the network it may reach. */
const networkFlags: Flags = {
  net: {
    ...text(
      "reach no host whatever the settings allow, hosts through a proxy (default), or by a user-mode network (pasta(1)) for any program",
      "MODE",
    ),
    choices: networkModes,
  },
  allow: texts("allow connections to HOST, *.DOMAIN, * (any name), an address or a network", "HOST[:PORT]"),
  "deny-host": texts("deny HOST although --allow has it", "HOST[:PORT]"),
  publish: { ...texts("make a port of the sandbox available on the host", "[ADDRESS:][HOSTPORT:]PORT"), char: "p" },
  secret: texts(
    "put the value of VAR into requests to HOST alone; NAME is a placeholder inside",
    "NAME=env:VAR@HOST[:PORT][#FIELD,...]",
  ),
  "host-port": texts("make a port of the host's loopback interface available inside", "PORT"),
};

/** Of sandbox: what it may use up. */
const limitFlags: Flags = {
  size: texts("size of a file system in memory, such as /tmp=4g", "DIR=SIZE"),
  memory: text("memory limit, such as 512m", "SIZE"),
  pids: { kind: "number", help: "maximum number of processes and threads", value: "N" },
  cpus: text("processors to use, such as 1.5", "N"),
  disk: text("most that each file, and each file system in memory, may have, such as 1g", "SIZE"),
  "core-dumps": boolean("let programs write core dumps, as far as your own limit goes"),
  timeout: text("end the command after so many seconds, with status 124", "SECONDS"),
};

/** Of sandbox: what the command was denied. */
const reasonFlags: Flags = {
  explain: boolean("list at the end what the command asked for and did not get, with the flag that allows it"),
  hints: boolean("guess from the errors of the command which files and hosts it was denied"),
};

/** Of sandbox: what it sees, and may do. */
export const sandboxFlags: Flags = {
  profile: texts("settings to use: a built-in profile, or a file", "NAME|FILE"),
  "no-settings": boolean("ignore the files of settings: the administrator's, yours, and coffer.json of the project"),
  cwd: text("directory to work in", "DIR"),
  env: texts("variable to set, or to take from the caller", "NAME[=VALUE]", "e"),
  tools: {
    ...text("toolchains of PATH and the usual variables, read-only", "WHICH"),
    choices: ["auto", "none"],
    fallback: "auto",
  },
  name: text("name for `coffer ps`, `list`, `kill` and `exec`", "NAME"),
  reduced: boolean("sandbox with Landlock and seccomp alone, for hosts that do not allow user namespaces"),
  ...inGroup("FILE", fileFlags),
  ...inGroup("NETWORK", networkFlags),
  ...inGroup("LIMIT", limitFlags),
  ...inGroup("REASON", reasonFlags),
};

/** Of the verbs that run or write what has no config. */
export const defaultFlags: Flags = {
  "pid-only-proc": { ...boolean("mount a procfs that shows only processes: no meminfo, no cpuinfo"), face: "coffer" },
  ...Object.fromEntries(
    Object.entries(weakenings).map(([name, help]): [string, Flag] => [
      `unsafe-${name}`,
      { kind: "boolean", help, group: "UNSAFE", face: "coffer" },
    ]),
  ),
};

const isWeakening = (name: string): name is Weakening => Object.hasOwn(weakenings, name);

/** The names of what can be given up of the defaults. */
export const weakeningNames: readonly Weakening[] = Object.keys(weakenings).filter(isWeakening);

/** How bad a finding of an audit is, mildest first. */
export const severities = ["note", "low", "medium", "high", "critical"] as const;

/** Of spec. */
export const specFlags: Flags = { bundle, rootless: ignored("boolean"), ...defaultFlags };

/** Of exec. */
export const execFlags: Flags = {
  ...processFlags,
  cwd: text("directory to run in", "DIR"),
  env: texts("environment variable to set", "NAME=VALUE", "e"),
  tty: boolean("allocate a terminal", "t"),
  user: text("user and group id to run as", "UID[:GID]", "u"),
  "additional-gids": texts("supplementary group id", "GID", "g"),
  process: text("JSON file with the OCI process object", "FILE", "p"),
  detach: boolean("leave the process running and return", "d"),
  "process-label": text("SELinux label of the process", "LABEL"),
  apparmor: text("AppArmor profile of the process", "PROFILE"),
  "no-new-privs": boolean("set no_new_privs"),
  cap: texts("capability to add", "CAP", "c"),
  cgroup: text("cgroup beneath the container's cgroup", "[CONTROLLER:]PATH"),
  "ignore-paused": boolean("allow a paused container; the process starts when the container resumes"),
};

/** Of update. */
export const updateFlags: Flags = {
  resources: text("JSON file with a linux.resources object, or - for standard input", "FILE", "r"),
  "blkio-weight": text("weight of block I/O, 1 to 1000", "N"),
  "cpu-period": text("CPU period in microseconds", "N"),
  "cpu-quota": text("CPU time in each period, in microseconds; -1 for no limit", "N"),
  "cpu-burst": text("CPU time that may be saved up, in microseconds", "N"),
  "cpu-share": text("CPU weight relative to other cgroups, 2 to 262144", "N"),
  "cpu-rt-period": text("period of real-time scheduling, in microseconds", "N"),
  "cpu-rt-runtime": text("real-time CPU time in each period, in microseconds", "N"),
  "cpu-idle": text("1 for SCHED_IDLE, 0 for normal scheduling", "N"),
  "cpuset-cpus": text("CPUs to use, such as 0-2,4", "LIST"),
  "cpuset-mems": text("memory nodes to use, such as 0-1", "LIST"),
  memory: text("memory limit; -1 for no limit", "BYTES"),
  "memory-reservation": text("memory that is kept under memory pressure", "BYTES"),
  "memory-swap": text("limit of memory plus swap; -1 for no limit", "BYTES"),
  "kernel-memory": ignored("text"),
  "kernel-memory-tcp": ignored("text"),
  "pids-limit": text("maximum number of processes; -1 for no limit", "N"),
  "l3-cache-schema": text("schemata line for the L3 cache (resctrl)", "LINE"),
  "mem-bw-schema": text("schemata line for memory bandwidth (resctrl)", "LINE"),
};

/** What `explain` is asked. */
export const questionFlags: Flags = {
  ops: boolean("print every op as well"),
  field: { ...text("print the ops that this field of the config asks for", "POINTER"), excludes: ["ops"] },
  op: { kind: "number", help: "print everything about one op", value: "N", excludes: ["ops", "field"] },
  syscall: { ...text("print the ops that make this system call", "NAME"), excludes: ["ops", "field", "op"] },
  html: {
    ...text("write one page with the plan, which needs nothing else", "FILE"),
    excludes: ["ops", "field", "op", "syscall"],
  },
};

/** Of wasm: what the module is given. */
export const wasmFlags: Flags = {
  dir: texts("directory that the module is given, writable unless :ro", "HOST[:GUEST][:ro]"),
  env: texts("variable to set, or to take from the caller", "NAME[=VALUE]", "e"),
  memory: text("memory limit, such as 512m", "SIZE"),
  cpus: text("processors to use, such as 1.5", "N"),
  timeout: text("end the module after that many seconds, with status 124", "SECONDS"),
  tier: {
    ...text("what is compiled if nothing is there: auto (soon, and well in the background), quick or best", "TIER"),
    choices: ["auto", "quick", "best"],
  },
  init: {
    kind: "optional",
    help: "begin with what this function has made of the memory when the module was compiled",
    value: "NAME",
    excludes: ["engine"],
  },
  "init-wasi": {
    ...boolean("the function of --init may call imports, which answer the same to everybody"),
    excludes: ["engine"],
  },
  engine: {
    ...text("run the module by this engine of the host in a sandbox, instead of compiling it", "ENGINE"),
    choices: ["wasmedge", "wasmtime"],
  },
};
