// Settings as they count: paths are absolute, sizes are numbers, and what a file extends is part of it.
import type { SandboxFiles, SandboxGrants, SandboxProfile } from "@coffer/spec";
import type { SandboxNetwork } from "../../egress/sandbox-network.ts";
import { socketWord } from "../sockets/names.ts";

/** What one file of settings, or one profile, asks for. */
export interface Layer {
  /** The absolute path of the file, or the name of the built-in profile. */
  readonly what: string;
  readonly files: SandboxFiles;
  readonly writable?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly keepEnv: readonly string[];
  readonly network: SandboxNetwork;
  readonly limits: LayerLimits;
}

/** Limits: bytes, numbers, milliseconds. */
export interface LayerLimits {
  readonly memory?: number;
  readonly pids?: number;
  readonly cpus?: number;
  readonly disk?: number;
  readonly timeout?: number;
}

const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A size of a file, whose schema has looked at its form. */
export function toBytes(size: number | string): number {
  if (typeof size === "number") return size;
  return Number(size.slice(0, -1)) * (units[size.slice(-1)] ?? 1);
}

const toSizes = (sizes: NonNullable<SandboxProfile["sizes"]>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(sizes).map(([path, size]) => [path, toBytes(size)]));

/** Makes paths of a file absolute. `~/` is the caller's home directory. */
export type ToPath = (word: string) => string;

function toFiles(profile: SandboxProfile, toPath: ToPath): SandboxFiles {
  const { read, write, deny, tmp, bind, sockets, tools, cache, guards, fence, overlay, sizes } = profile;
  const paths = (words: readonly string[]): string[] => words.map(toPath);
  const toBind = (word: string): string => {
    const [source = "", ...rest] = word.split(":");
    return [toPath(source), ...rest].join(":");
  };
  return {
    ...(read === undefined ? {} : { read: paths(read) }),
    ...(write === undefined ? {} : { write: paths(write) }),
    ...(deny === undefined ? {} : { deny: paths(deny) }),
    ...(tmp === undefined ? {} : { tmp: paths(tmp) }),
    ...(bind === undefined ? {} : { bind: bind.map(toBind) }),
    ...(sockets === undefined ? {} : { sockets: sockets.map((word) => socketWord(word, toPath)) }),
    ...(tools === undefined ? {} : { tools }),
    ...(cache === undefined ? {} : { cache }),
    ...(guards === undefined ? {} : { guards }),
    ...(fence === undefined ? {} : { fence }),
    ...(overlay === undefined ? {} : { overlay }),
    ...(sizes === undefined ? {} : { sizes: toSizes(sizes) }),
  };
}

/** What is granted, with absolute paths. */
export function toGrants(grants: SandboxGrants, toPath: ToPath): SandboxGrants {
  const { read = [], write = [], sockets = [], sizes = {}, ...rest } = grants;
  return {
    ...rest,
    read: read.map(toPath),
    write: write.map(toPath),
    sockets: sockets.map((word) => socketWord(word, toPath)),
    sizes: toSizes(sizes),
  };
}

/** A profile as it counts. */
export function toLayer(what: string, profile: SandboxProfile, toPath: ToPath): Layer {
  const { writable, env = {}, keepEnv = [], network = {} } = profile;
  const { memory, pids, cpus, disk, timeout } = profile.limits ?? {};
  return {
    what,
    files: toFiles(profile, toPath),
    ...(writable === undefined ? {} : { writable }),
    env,
    keepEnv,
    network: {
      ...(network.mode === undefined ? {} : { mode: network.mode }),
      allow: network.allow ?? [],
      deny: network.deny ?? [],
      hostPorts: network.hostPorts ?? [],
      publish: network.publish ?? [],
    },
    limits: {
      ...(memory === undefined ? {} : { memory: toBytes(memory) }),
      ...(pids === undefined ? {} : { pids }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(disk === undefined ? {} : { disk: toBytes(disk) }),
      ...(timeout === undefined ? {} : { timeout }),
    },
  };
}
