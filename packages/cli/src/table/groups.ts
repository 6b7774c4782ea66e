// Flags that several verbs have.
import type { Weakening } from "@coffer/core/weakenings";
import { weakenings } from "@coffer/core/weakenings";
import type { Flag, Flags, Letter, Word } from "./flag.ts";

/** The first word of most verbs. */
export const id: Word = { name: "id", help: "the container's id" };

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
export const format: Flag = { ...text("form of the list", "FORM", "f"), choices: ["table", "json"], fallback: "table" };

/** runc accepts these, and they change nothing. */
export const ignored = (kind: Flag["kind"]): Flag => ({ kind, help: "accepted, and ignored", hidden: true });

/** Every verb has it. */
export const helpFlag: Flag = { ...boolean("print help", "h"), hidden: true };

/** Flags before the verb; `coffer` takes them behind it too. */
export const globalFlags: Flags = {
  root: { ...text("directory of the containers' state", "DIR"), group: "GLOBAL" },
  log: { ...text("append errors to this file too", "FILE"), group: "GLOBAL" },
  "log-format": {
    ...text("form of the log's lines", "FORM"),
    choices: ["text", "json"],
    fallback: "text",
    group: "GLOBAL",
  },
  "log-level": { ...ignored("text"), face: "coffer-oci" },
  debug: { ...boolean("print the causes of an error"), group: "GLOBAL" },
  "systemd-cgroup": { ...boolean("have systemd make the cgroups"), group: "GLOBAL" },
  "cgroup-manager": { ...text("cgroupfs, systemd or disabled", "NAME"), face: "coffer-oci", group: "GLOBAL" },
  policy: { ...text("what a plan may do; an absolute path", "FILE"), face: "coffer-oci", group: "GLOBAL" },
  rootless: ignored("text"),
  criu: { ...ignored("text"), face: "coffer-oci" },
  help: helpFlag,
  version: { ...boolean("print the version", "v"), hidden: true },
};

/** The policy that a plan must keep; `coffer-oci` has it before the verb. */
export const policyFlag: Flags = {
  policy: { ...text("what the plan may do; a plan that does more is refused", "FILE"), face: "coffer" },
};

/** Of the verbs that make a process. */
export const processFlags: Flags = {
  ...policyFlag,
  "console-socket": text("socket that gets the terminal's other end", "PATH"),
  "pid-file": text("file to write the process id to", "FILE"),
  "pidfd-socket": text("socket that gets the process's pidfd", "PATH"),
  "preserve-fds": { kind: "number", help: "further descriptors to pass, from 3 on", value: "N" },
};

const bundle: Flag = { ...text("the bundle's directory", "DIR", "b"), fallback: "." };

/** Of the verbs that make a container of a bundle. */
export const bundleFlags: Flags = {
  bundle,
  "no-new-keyring": boolean("keep the caller's session keyring"),
  "no-pivot": boolean("the root is an initramfs, which nothing can pivot out of"),
  ...processFlags,
};

/** Of the verbs that plan a new container; `restore` makes one that was. */
export const newFlags: Flags = {
  "lock-mounts": boolean("keep CAP_SYS_ADMIN in the container from changing the mounts it has"),
};

/** Of the verbs that stay with a container. */
export const stayFlags: Flags = {
  detach: boolean("leave the container running and return", "d"),
  keep: boolean("keep the container's state when it has ended"),
  "no-subreaper": ignored("boolean"),
};

const refused = (kind: Flag["kind"]): Flag => ({ kind, help: "refused, with the reason", hidden: true });

/** Of checkpoint and restore: CRIU's own. */
export const criuFlags: Flags = {
  "image-path": { ...text("directory of the images", "DIR"), fallback: "checkpoint" },
  "work-path": text("directory for logs and statistics", "DIR"),
  "tcp-established": boolean("take open TCP connections along"),
  "ext-unix-sk": boolean("allow unix sockets to outside"),
  "shell-job": boolean("allow a process on the caller's terminal"),
  "file-locks": boolean("take file locks along"),
  "manage-cgroups-mode": text("soft, full, strict or ignore", "MODE"),
  "empty-ns": texts("namespaces to leave empty: network always is", "NAME"),
  "auto-dedup": boolean("free images of memory that are not needed again"),
  "link-remap": boolean("allow files that were unlinked to be linked again"),
  "lazy-pages": refused("boolean"),
};

/** Of checkpoint. */
export const dumpFlags: Flags = {
  "parent-path": text("images of a pre-dump, relative to the images", "DIR"),
  "leave-running": boolean("leave the container running"),
  "pre-dump": boolean("write the memory only, and leave the container running"),
  "tcp-skip-in-flight": boolean("leave out TCP connections that are being made"),
  "status-fd": refused("text"),
  "page-server": refused("text"),
};

/** Of restore. */
export const labelFlags: Flags = {
  "lsm-profile": text("another label of the processes", "TYPE:NAME"),
  "lsm-mount-context": text("another label of the mounts", "CONTEXT"),
};

/** Of the verbs that run or write what has no config. */
export const defaultFlags: Flags = {
  "pid-only-proc": { ...boolean("a procfs of processes alone: no meminfo, no cpuinfo"), face: "coffer" },
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
  env: texts("a variable to set", "NAME=VALUE", "e"),
  tty: boolean("give it a terminal", "t"),
  user: text("ids to run as", "UID[:GID]", "u"),
  "additional-gids": texts("a supplementary group", "GID", "g"),
  process: text("file with the process object", "FILE", "p"),
  detach: boolean("leave it running and return", "d"),
  "process-label": text("SELinux label", "LABEL"),
  apparmor: text("AppArmor profile", "PROFILE"),
  "no-new-privs": boolean("set no_new_privs"),
  cap: texts("a further capability", "CAP", "c"),
  cgroup: text("a cgroup beneath the container's", "[CONTROLLER:]PATH"),
  "ignore-paused": boolean("start it in a paused container too"),
};

/** Of update. */
export const updateFlags: Flags = {
  resources: text("file with the limits, or - for standard input", "FILE", "r"),
  "blkio-weight": text("weight of block I/O, 10 to 1000", "N"),
  "cpu-period": text("period that the quota is of, in microseconds", "N"),
  "cpu-quota": text("time in each period, in microseconds; -1 for no limit", "N"),
  "cpu-burst": text("time that may be saved up, in microseconds", "N"),
  "cpu-share": text("weight beside other containers, 2 to 262144", "N"),
  "cpu-rt-period": text("period of realtime scheduling, in microseconds", "N"),
  "cpu-rt-runtime": text("realtime in each period, in microseconds", "N"),
  "cpu-idle": text("1 for SCHED_IDLE", "N"),
  "cpuset-cpus": text("processors to use", "LIST"),
  "cpuset-mems": text("memory nodes to use", "LIST"),
  memory: text("limit of memory; -1 for none", "BYTES"),
  "memory-reservation": text("memory that is left to it under pressure", "BYTES"),
  "memory-swap": text("limit of memory and swap together; -1 for none", "BYTES"),
  "kernel-memory": ignored("text"),
  "kernel-memory-tcp": ignored("text"),
  "pids-limit": text("number of processes; -1 for no limit", "N"),
  "l3-cache-schema": text("the line of schemata for the L3 cache (resctrl)", "LINE"),
  "mem-bw-schema": text("the line of schemata for memory bandwidth (resctrl)", "LINE"),
};
