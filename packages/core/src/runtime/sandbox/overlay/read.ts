// What the layers of an overlay have, as the helper sees them.
import { shellWord } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import type { Change } from "../../../overlay/changes.ts";
import { changesOf } from "../../../overlay/changes.ts";
import type { LayerRecord } from "../../../overlay/records.ts";
import { readRecords } from "../../../overlay/records.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { HeldPath } from "../../../system/held.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import { overlayDir } from "./manage.ts";
import type { OverlayRecord } from "./store.ts";
import { checkIdentity, isUsed, readOverlay } from "./store.ts";

/** The layers of an overlay, held. */
export interface OpenLayers {
  readonly dir: string;
  readonly record: OverlayRecord;
  readonly tree: HeldPath;
  readonly upper: HeldPath;
}

/** In the directory of an overlay. */
const upperName = "layers/upper";
const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

function open(system: System, path: string, what: string): HeldPath {
  try {
    const held = system.openPath(path, path, "directory");
    if (held.path === path) return held;
    held.close();
    throw new SystemError("open", path, "ELOOP");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `cannot open ${what} ${quote(path)}: ${describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, { path, errnoName: error.errno }, { cause: error });
  }
}

/** Does something with the layers of an overlay. */
export async function onLayers<T>(
  runtime: Runtime,
  name: string,
  action: (layers: OpenLayers) => Promise<T>,
): Promise<T> {
  const { system } = runtime;
  const dir = overlayDir(runtime, name);
  const record = readOverlay(system, dir);
  if (record === undefined)
    throw new CofferError("E_STATE_CORRUPT", `the overlay ${name} was never used, or its record is broken`, {
      id: name,
      file: "record.json",
    });
  const tree = open(system, record.tree, "the tree");
  try {
    const upper = open(system, joinPath(dir, upperName), "what was written");
    try {
      await checkIdentity(runtime, record, tree);
      return await action({ dir, record, tree, upper });
    } finally {
      upper.close();
    }
  } finally {
    tree.close();
  }
}

/** What both layers have, where they differ. */
export async function listLayers(
  { system }: Runtime,
  { dir, tree, upper }: OpenLayers,
): Promise<readonly LayerRecord[]> {
  const words = ["layers", "list", "--upper-fd", "3", "--lower-fd", "4"];
  const { status, output } = await system.askHelper(words, [upper.fd, tree.fd]);
  const records = status === 0 ? readRecords(output) : undefined;
  if (records !== undefined) return records;
  const mode = optional(() => system.stat(joinPath(dir, upperName), { follow: false }).mode) ?? 0o700;
  if ((mode & 0o700) !== 0o700) {
    const path = joinPath(dir, upperName);
    const hint = `chmod 700 ${shellWord(path)}`;
    const message = `the sandbox has left its tree with the mode ${octal(mode)}: its owner cannot look into it`;
    throw new CofferError("E_IO", message, { path }, { hint });
  }
  const hint = "it has too many names, or a directory of it cannot be read";
  throw new CofferError("E_IO", `cannot list what was written: status ${status}`, { path: dir }, { hint });
}

/** The time of a record, in nanoseconds since 1970. */
export const createdAt = ({ created }: OverlayRecord): bigint => BigInt(Date.parse(created)) * 1_000_000n;

/** What the sandbox of that name has changed of its tree. Nothing is changed by asking. */
export function diffOverlay(runtime: Runtime, name: string): Promise<readonly Change[]> {
  return onLayers(runtime, name, async (layers) => {
    const changes = changesOf(await listLayers(runtime, layers), createdAt(layers.record));
    if (isUsed(runtime.system, layers.dir)) {
      const message = `the sandbox ${name} is running: what it changes meanwhile need not be in this list`;
      runtime.warn?.(new CofferError("E_USAGE", message, { argument: "name" }));
    }
    return changes;
  });
}
