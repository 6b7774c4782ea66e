// The form of `state.json`: what has to be known of a container after the verb that made it has ended.
import type { Config } from "@coffer/spec";
import { parseJson, stringifyJson } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import type { CgroupPlace, CgroupUnit, LateHooks, ResctrlPlace, Supervised } from "../../plan/index.ts";
import { hookState } from "../../plan/index.ts";
import type { Noted } from "../sandbox/denied/noted.ts";
import { readNoted } from "../sandbox/denied/noted.ts";
import type { Viewpoint } from "./identity.ts";
import type { RememberedConfig } from "./remembered.ts";
import { isRemembered } from "./remembered.ts";

const recordVersion = 1;

/** Written before the first side effect, and not changed after. */
export interface ContainerRecord {
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  /** Whoever made it. */
  readonly uid: number;
  readonly cgroups: readonly CgroupPlace[];
  readonly resctrl?: ResctrlPlace | undefined;
  /** From where whoever made it sees its processes. */
  readonly viewpoint?: Viewpoint | undefined;
  /** Whoever made it, if it ends with that process: an `Identity` in words. */
  readonly maker?: string | undefined;
  /** A sandbox: no file of the caller is given to its processes. */
  readonly keepsStreams?: boolean | undefined;
  /** Its network has rules that hold no process with some capabilities. */
  readonly onUserNetwork?: boolean | undefined;
  /** Names that its processes must not make. */
  readonly supervised?: Supervised | undefined;
  /** Of a sandbox: what explains denials to its later processes. */
  readonly noted?: Noted | undefined;
  /** The config without what only its making needs. Most verbs ask little of it; `configOf` checks all of it. */
  readonly config: RememberedConfig;
}

/** What later processes ask of the part about Linux: the places and limits are the container's, and are there. */
function laterLinux(linux: NonNullable<Config["linux"]>): Config["linux"] {
  const { maskedPaths: _masked, readonlyPaths: _readonly, devices: _devices, resources: _limits, ...kept } = linux;
  return kept;
}

/** Leaves out of a config what no later verb needs. */
export function toRemembered({ mounts: _mounts, hooks = {}, linux, ...config }: Config): RememberedConfig {
  const { poststart = [], poststop = [] } = hooks;
  const kept = linux === undefined ? config : { ...config, linux: laterLinux(linux) };
  return poststart.length + poststop.length === 0 ? kept : { ...kept, hooks: { poststart, poststop } };
}

/** The hooks of a point after the creation, and what they get; undefined without hooks. */
export function lateHooks(record: ContainerRecord, point: "poststart" | "poststop"): LateHooks | undefined {
  const hooks = record.config.hooks?.[point] ?? [];
  return hooks.length === 0 ? undefined : { hooks, state: hookState(record.config, record.id, record.bundle) };
}

export function printRecord(record: ContainerRecord): string {
  return `${stringifyJson({ version: recordVersion, ...record })}\n`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(what: string): never {
  throw new TypeError(`${what} is missing or of the wrong type`);
}

function text(of: Readonly<Record<string, unknown>>, name: string): string {
  const value = of[name];
  return typeof value === "string" ? value : fail(name);
}

function number(of: Readonly<Record<string, unknown>>, name: string): number {
  const value = of[name];
  return typeof value === "number" ? value : fail(name);
}

function list(of: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = of[name];
  return Array.isArray(value) ? value : fail(name);
}

function toUnit(value: unknown): CgroupUnit {
  if (!isObject(value)) return fail("unit");
  const direct = value.direct;
  if (typeof direct !== "boolean") return fail("direct");
  return { name: text(value, "name"), slice: text(value, "slice"), socket: text(value, "socket"), direct };
}

function toMark(value: unknown): Pick<CgroupPlace, "mark"> {
  if (value === undefined) return {};
  return value === "trusted.coffer" || value === "user.coffer" ? { mark: value } : fail("mark");
}

function toPlace(value: unknown): CgroupPlace {
  if (!isObject(value)) return fail("cgroups");
  const version = number(value, "version");
  if (version !== 1 && version !== 2) return fail("version");
  const controllers = list(value, "controllers").map((name) => (typeof name === "string" ? name : fail("controllers")));
  const unit = value.unit === undefined ? {} : { unit: toUnit(value.unit) };
  return {
    version,
    mount: text(value, "mount"),
    path: text(value, "path"),
    controllers,
    ...unit,
    ...toMark(value.mark),
  };
}

function toResctrl(value: unknown): ResctrlPlace {
  if (!isObject(value)) return fail("resctrl");
  const monitor = value.monitor === undefined ? {} : { monitor: text(value, "monitor") };
  return { mount: text(value, "mount"), group: text(value, "group"), own: value.own === true, ...monitor };
}

function toSupervised(value: unknown): Supervised {
  if (!isObject(value)) return fail("supervised");
  const paths = (name: string): readonly string[] =>
    list(value, name).map((path) => (typeof path === "string" ? path : fail("supervised")));
  return { names: paths("names"), free: paths("free") };
}

function toViewpoint(value: unknown): Viewpoint {
  return isObject(value) ? { pid: text(value, "pid"), time: text(value, "time") } : fail("viewpoint");
}

/**
 * Reads `state.json`.
 *
 * @throws {CofferError} E_STATE_CORRUPT
 */
export function parseRecord(id: string, file: string, json: string): ContainerRecord {
  try {
    const value = parseJson(json);
    if (!isObject(value) || value.version !== recordVersion) return fail("version");
    if (value.id !== id) return fail("id");
    return {
      id,
      bundle: text(value, "bundle"),
      rootfs: text(value, "rootfs"),
      created: text(value, "created"),
      uid: number(value, "uid"),
      cgroups: list(value, "cgroups").map(toPlace),
      ...(value.resctrl === undefined ? {} : { resctrl: toResctrl(value.resctrl) }),
      ...(value.viewpoint === undefined ? {} : { viewpoint: toViewpoint(value.viewpoint) }),
      ...(value.maker === undefined ? {} : { maker: text(value, "maker") }),
      ...(value.keepsStreams === true ? { keepsStreams: true } : {}),
      ...(value.onUserNetwork === true ? { onUserNetwork: true } : {}),
      ...(value.supervised === undefined ? {} : { supervised: toSupervised(value.supervised) }),
      ...(value.noted === undefined ? {} : { noted: readNoted(value.noted) ?? fail("noted") }),
      config: isRemembered(value.config) ? value.config : fail("config"),
    };
  } catch (cause) {
    throw corruptRecord(id, file, cause);
  }
}

/** The error of a record that cannot be read. */
export function corruptRecord(id: string, file: string, cause: unknown): CofferError {
  const hint = "`coffer delete --force` removes the container";
  return new CofferError("E_STATE_CORRUPT", `cannot read the state of container ${id}`, { id, file }, { hint, cause });
}
