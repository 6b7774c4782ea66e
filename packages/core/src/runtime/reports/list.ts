import { escapeCell, stringifyJson } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import { SystemError } from "../../system/error.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerRecord } from "../store/record.ts";
import { findRoot } from "../store/state-root.ts";
import { hasContainer, listIds, readRecord } from "../store/store.ts";
import { isLeft, listSuspects, sweep } from "../store/sweep.ts";
import { withFixedFacts } from "./fixed-facts.ts";
import type { ContainerState } from "./state.ts";
import { nameUser, stateOf } from "./state.ts";

/** What is known of a container whose record is missing or broken: that `delete --force` can remove it. */
function brokenState(id: string, status: "stopped" | "unknown"): ContainerState {
  return { ociVersion: "", id, pid: 0, status, bundle: "", rootfs: "", created: "", owner: "" };
}

/** The record of a container; undefined if it was a killed sandbox's, and is removed now. */
async function recordOf(runtime: Runtime, id: string): Promise<ContainerRecord | undefined> {
  const record = readRecord(runtime, id);
  if (!isLeft(runtime, record)) return record;
  await sweep(runtime, id);
  return hasContainer(runtime, id) ? readRecord(runtime, id) : undefined;
}

/** The status of a container that could not be looked at, which hides no other. */
function statusOfBroken(error: unknown): "stopped" | "unknown" {
  if (CofferError.is(error, "E_CONTAINER_NOT_FOUND") || CofferError.is(error, "E_STATE_CORRUPT")) return "stopped";
  if (CofferError.is(error, "E_IO") || SystemError.is(error)) return "unknown";
  throw error;
}

async function stateOrBroken(
  runtime: Runtime,
  id: string,
  nameOf: (uid: number) => string,
): Promise<ContainerState | undefined> {
  try {
    const record = await recordOf(runtime, id);
    return record && (await stateOf(runtime, record, nameOf));
  } catch (error) {
    return brokenState(id, statusOfBroken(error));
  }
}

/** Whether there is a container of that name, when a killed sandbox's is removed. */
async function isThere(runtime: Runtime, id: string): Promise<boolean> {
  try {
    return (await recordOf(runtime, id)) !== undefined;
  } catch (error) {
    return statusOfBroken(error) !== undefined;
  }
}

/** The ids that `list` gives. Only records of sandboxes are parsed for them. */
export async function listNames(runtime: Runtime): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { id, isSuspect } of listSuspects(runtime)) if (!isSuspect || (await isThere(runtime, id))) names.push(id);
  return names;
}

/** The states of all containers of the state directory. What killed sandboxes have left there is removed before. */
export async function list(runtime: Runtime): Promise<readonly ContainerState[]> {
  const fixed = { ...runtime, system: withFixedFacts(runtime.system) };
  const names = new Map<number, string>();
  const nameOf = (uid: number): string => {
    const name = names.get(uid) ?? nameUser(runtime.system, uid);
    names.set(uid, name);
    return name;
  };
  const states: ContainerState[] = [];
  for (const id of listIds(runtime)) {
    const found = await stateOrBroken(fixed, id, nameOf);
    if (found !== undefined) states.push(found);
  }
  return states;
}

/** Whether the state directory exists. It is made for the first container. */
export const hasStateRoot = (runtime: Runtime): boolean => findRoot(runtime) !== undefined;

const minWidth = 12;
const padding = 3;
const columns = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"] as const;

/** A table as runc's text/tabwriter lays it out. What a bundle or user is called makes no row and no column. */
function printTable(states: readonly ContainerState[]): string {
  const cells = states.map((one) =>
    [one.id, `${one.pid}`, one.status, one.bundle, one.created, one.owner].map(escapeCell),
  );
  const rows = [[...columns], ...cells];
  const widths = columns.map((_, column) =>
    Math.max(minWidth, ...rows.map((row) => (row[column]?.length ?? 0) + padding)),
  );
  const last = columns.length - 1;
  const toLine = (row: readonly string[]): string =>
    row.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? minWidth))).join("");
  return rows.map(toLine).join("\n");
}

/** The list as `list` prints it. */
export function printList(states: readonly ContainerState[], format: "table" | "json"): string {
  if (format === "table") return printTable(states);
  return stringifyJson(states.length === 0 ? null : states);
}
