import type { Process } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";
import type { ProcessOptions } from "../draft/options.ts";
import { checkId, isMapped } from "../ids/ids.ts";

/** What execvp(3) searches where the environment has no PATH. */
const defaultPath = "/bin:/usr/bin";
/** The kernel's MAX_ARG_STRLEN is 128 KiB, NUL included. */
const maxArgument = 131_071;
/** HOME of a user whom nobody knows, as in runc and crun. */
const homeless = "HOME=/";
const noLimit = 2n ** 64n - 1n;

/** RLIMIT_NPROC: every process of a user counts, so that the fork of init counts too. */
const rlimitNproc = 6;

/** RLIMIT_* of asm-generic/resource.h, by number. */
const rlimitNames: readonly string[] = [
  "RLIMIT_CPU",
  "RLIMIT_FSIZE",
  "RLIMIT_DATA",
  "RLIMIT_STACK",
  "RLIMIT_CORE",
  "RLIMIT_RSS",
  "RLIMIT_NPROC",
  "RLIMIT_NOFILE",
  "RLIMIT_MEMLOCK",
  "RLIMIT_AS",
  "RLIMIT_LOCKS",
  "RLIMIT_SIGPENDING",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
];

/** A process, checked. */
export interface ProcessEntry {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly candidates: readonly string[];
  /** `HOME=…` where neither the environment nor the image's passwd has it; undefined if the environment has it. */
  readonly home: string | undefined;
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly umask: number;
}

/** What a process is made for. */
interface ProcessPlace {
  /** The container has a new user namespace. */
  readonly mapped: boolean;
  /** It waits at a gate: its config may have no process, and then it cannot be started. */
  readonly gate: boolean;
}

/** Reads and checks what is executed and as whom. */
export function readProcess(context: Context, options: ProcessOptions, { mapped, gate }: ProcessPlace): ProcessEntry {
  const { process, processPointer: at, issues } = context;
  const isNone = context.config.process === undefined && gate;
  const args = process.args ?? [];
  if (!isNone && (args[0] ?? "") === "") issues.invalid(`${at}/args`, "must name a program");
  if (args.some((arg) => arg.length > maxArgument)) issues.invalid(`${at}/args`, "has an argument over 128 KiB");
  const user = readUser(context, mapped);
  const env = readEnv(context, options);
  const hasHome = env.some((entry) => entry.startsWith("HOME="));
  return {
    args: isNone ? [""] : args,
    env,
    home: isNone || hasHome || options.home === false ? undefined : homeless,
    candidates: isNone ? [] : findCandidates(args[0] ?? "", env),
    cwd: process.cwd,
    ...user,
  };
}

function readUser(
  { config, process, processPointer, issues }: Context,
  mapped: boolean,
): Pick<ProcessEntry, "uid" | "gid" | "groups" | "umask"> {
  const at = `${processPointer}/user`;
  const { uid = 0, gid = 0, additionalGids: groups = [], umask = 0o022 } = process.user ?? {};
  const uids = config.linux?.uidMappings ?? [];
  const gids = config.linux?.gidMappings ?? [];
  const check = (id: number, mappings: typeof uids, pointer: string, map: string): void => {
    checkId(id, pointer, issues);
    if (mapped && mappings.length > 0 && !isMapped(id, mappings))
      issues.invalid(pointer, `${id} is not in ${map}, so it is no id of the container`);
  };
  check(uid, uids, `${at}/uid`, "/linux/uidMappings");
  check(gid, gids, `${at}/gid`, "/linux/gidMappings");
  groups.forEach((group, index) => {
    check(group, gids, pointerTo(`${at}/additionalGids`, index), "/linux/gidMappings");
  });
  if (umask > 0o777) issues.warn(`${at}/umask`, `${umask} has bits that umask(2) ignores`);
  return { uid, gid, groups, umask: umask & 0o777 };
}

/** The environment: later entries win over earlier ones of the same name, as in runc. */
function readEnv({ process, processPointer, issues }: Context, options: ProcessOptions): readonly string[] {
  const byName = new Map<string, string>();
  (process.env ?? []).forEach((entry, index) => {
    const at = pointerTo(`${processPointer}/env`, index);
    const equals = entry.indexOf("=");
    if (equals < 0) issues.invalid(at, `${quote(entry)} has no "=" in it`);
    else if (equals === 0) issues.invalid(at, `${quote(entry)} has no name`);
    if (entry.length > maxArgument) issues.invalid(at, "is over 128 KiB");
    const name = entry.slice(0, equals);
    byName.delete(name);
    byName.set(name, entry);
  });
  if (typeof options.home === "string" && !byName.has("HOME")) byName.set("HOME", `HOME=${options.home}`);
  const sockets = options.listenFds ?? 0;
  if (sockets > 0) {
    byName.set("LISTEN_FDS", `LISTEN_FDS=${sockets}`);
    byName.set("LISTEN_PID", "LISTEN_PID=1");
  }
  return [...byName.values()];
}

/** Where execvp(3) would look for a program, in the container's PATH. */
export function findCandidates(name: string, env: readonly string[]): readonly string[] {
  if (name.includes("/") || name === "") return [name];
  const path = env.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? defaultPath;
  return [
    ...new Set(
      path
        .split(":")
        .map((dir) => (dir === "" ? `./${name}` : `${dir.endsWith("/") ? dir.replace(/\/+$/, "") : dir}/${name}`)),
    ),
  ];
}

/** One `set-rlimit`. */
export interface RlimitEntry {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
  readonly from: string;
}

/** Reads and checks `/process/rlimits`. */
export function readRlimits({ issues, processPointer }: Context, rlimits: Process["rlimits"]): readonly RlimitEntry[] {
  const seen = new Set<string>();
  return (rlimits ?? []).map(({ type, soft, hard }, index) => {
    const from = pointerTo(`${processPointer}/rlimits`, index);
    const resource = rlimitNames.indexOf(type);
    if (resource < 0) issues.invalid(`${from}/type`, `${quote(type)} is not a resource limit`);
    if (seen.has(type)) issues.invalid(`${from}/type`, `${type} is there twice`);
    if (soft > hard) issues.invalid(`${from}/soft`, `${limitText(soft)} is over the hard limit, ${limitText(hard)}`);
    seen.add(type);
    return { resource: Math.max(resource, 0), soft, hard, from };
  });
}

/** Whether the fork of a process that has the limit counts against the limit. */
export function countsForks({ resource }: RlimitEntry): boolean {
  return resource === rlimitNproc;
}

function limitText(value: bigint): string {
  return value === noLimit ? "unlimited" : String(value);
}
