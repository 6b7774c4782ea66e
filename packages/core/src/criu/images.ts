// What of a checkpoint's images decides over rights: namespaces, mounts, credentials, filters. The rest is the processes' own.
import { CofferError, quote } from "../errors.ts";
import { describeErrno } from "../runtime/errno.ts";
import { SystemError } from "../system/error.ts";
import type { Dir, System } from "../system/port.ts";
import type { Checkpoint, ImageCreds, ImageIdmap, ImageMount, ImageTask } from "./checkpoint.ts";
import type { Message } from "./protobuf.ts";
import { listOf, messageOf, numberOf, numbersOf, ProtobufError, readMessage, textOf } from "./protobuf.ts";

const magic = { common: 0x54564319, inventory: 0x58313116 } as const;
const maxImage = 64 * 1024 * 1024;
const maxArchive = 256 * 1024 * 1024;
const imageVersion = 2n;

/** Fields of task_kobj_ids_entry. */
const namespaceFields = [
  ["pid", 5],
  ["network", 6],
  ["ipc", 7],
  ["uts", 8],
  ["mount", 9],
  ["user", 10],
  ["cgroup", 11],
  ["time", 12],
] as const;

function entriesOf(bytes: Uint8Array, isInventory: boolean): readonly Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = isInventory ? 4 : 8;
  if (bytes.length < head || view.getUint32(0, true) !== (isInventory ? magic.inventory : magic.common))
    throw new ProtobufError("it is no image");
  const messages: Message[] = [];
  for (let at = head; at < bytes.length; ) {
    const size = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + size > bytes.length) throw new ProtobufError("it ends within an entry");
    messages.push(readMessage(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return messages;
}

function namespacesOf(ids: Message): ReadonlyMap<string, number> {
  return new Map(namespaceFields.map(([type, field]) => [type, Number(numberOf(ids, field))]));
}

function toMount(entry: Message): ImageMount {
  return {
    type: Number(numberOf(entry, 1)),
    id: Number(numberOf(entry, 2)),
    device: Number(numberOf(entry, 3)),
    parent: Number(numberOf(entry, 4)),
    flags: Number(numberOf(entry, 5)),
    root: textOf(entry, 6) ?? "",
    point: textOf(entry, 7) ?? "",
    shared: Number(numberOf(entry, 10)),
    master: Number(numberOf(entry, 11)),
    external: textOf(entry, 18),
    isForeign: numberOf(entry, 12) !== 0n,
  };
}

/** The words of a capability set, lowest first. */
function capabilitySet(creds: Message, field: number): bigint {
  return numbersOf(creds, field).reduce(
    (sum, word, index) => sum | (BigInt.asUintN(32, word) << BigInt(32 * index)),
    0n,
  );
}

function toCreds(core: Message): ImageCreds {
  const thread = messageOf(core, 5);
  const creds = thread === undefined ? undefined : messageOf(thread, 10);
  if (thread === undefined || creds === undefined) throw new ProtobufError("it has no credentials");
  const ids = (...fields: readonly number[]): readonly number[] =>
    fields.map((field) => Number(numberOf(creds, field)));
  return {
    uids: ids(1, 3, 5, 7),
    gids: ids(2, 4, 6, 8),
    groups: numbersOf(creds, 14).map(Number),
    capabilities: [9, 10, 11, 12, 19].reduce((sum, field) => sum | capabilitySet(creds, field), 0n),
    noNewPrivs: numberOf(creds, 18) !== 0n,
    lsmProfile: textOf(creds, 15),
    seccompMode: Number(numberOf(thread, 11)),
    seccompFilter: thread.has(12) ? Number(numberOf(thread, 12)) : undefined,
  };
}

function hardLimits(core: Message): readonly bigint[] {
  const task = messageOf(core, 3);
  const limits = task === undefined ? undefined : messageOf(task, 8);
  return limits === undefined ? [] : listOf(limits, 1).map((entry) => numberOf(readMessage(entry), 2));
}

type Read = (name: string) => readonly Message[];

function only(name: string, entries: readonly Message[]): Message {
  const [first, ...rest] = entries;
  if (first === undefined || rest.length > 0) throw new ProtobufError(`${name} has ${entries.length} entries`);
  return first;
}

function toTask(read: Read, entry: Message): ImageTask {
  const pid = Number(numberOf(entry, 1));
  const core = (id: number): Message => only(`core-${id}.img`, read(`core-${id}.img`));
  const leader = core(pid);
  const others = numbersOf(entry, 5)
    .map(Number)
    .filter((thread) => thread !== pid);
  return {
    pid,
    namespaces: namespacesOf(only(`ids-${pid}.img`, read(`ids-${pid}.img`))),
    threads: [leader, ...others.map(core)].map(toCreds),
    hardLimits: hardLimits(leader),
  };
}

function toIdmap(entry: Message): ImageIdmap {
  const ranges = (field: number): readonly (readonly number[])[] =>
    listOf(entry, field).map((bytes) => {
      const range = readMessage(bytes);
      return [1, 2, 3].map((number) => Number(numberOf(range, number)));
    });
  return { uids: ranges(1), gids: ranges(2) };
}

function toFilters(entry: Message): Checkpoint["filters"] {
  return listOf(entry, 1).map((bytes) => {
    const filter = readMessage(bytes);
    const program = listOf(filter, 1).at(-1) ?? new Uint8Array(0);
    return { program, previous: filter.has(2) ? Number(numberOf(filter, 2)) : undefined };
  });
}

function read(system: System, dir: Dir): Checkpoint {
  const names = dir.list();
  const image: Read = (name) => {
    try {
      return entriesOf(dir.readBytes(name, maxImage), name === "inventory.img");
    } catch (error) {
      throw error instanceof ProtobufError ? new ProtobufError(`${name}: ${error.message}`) : error;
    }
  };
  const all = (prefix: string): readonly Message[] =>
    names.filter((name) => name.startsWith(`${prefix}-`) && name.endsWith(".img")).flatMap(image);
  const inventory = only("inventory.img", image("inventory.img"));
  const ids = messageOf(inventory, 3);
  if (numberOf(inventory, 1) !== imageVersion || ids === undefined)
    throw new ProtobufError("inventory.img: it is of a version that is not known");
  return {
    names,
    hostNamespaces: namespacesOf(ids),
    tasks: image("pstree.img").map((entry) => toTask(image, entry)),
    mounts: all("mountpoints").map(toMount),
    filters: names.includes("seccomp.img") ? image("seccomp.img").flatMap(toFilters) : [],
    idmaps: all("userns").map(toIdmap),
    readArchive: (device) => {
      const name = `tmpfs-dev-${device}.tar.gz.img`;
      return names.includes(name) ? system.gunzip(dir.readBytes(name, maxArchive), maxArchive) : undefined;
    },
  };
}

/**
 * Reads a checkpoint.
 *
 * @throws {CofferError} E_CHECKPOINT_REFUSED
 */
export function readCheckpoint(system: System, dir: Dir): Checkpoint {
  try {
    return read(system, dir);
  } catch (error) {
    if (!(error instanceof ProtobufError) && !SystemError.is(error)) throw error;
    const found = error instanceof ProtobufError ? error.message : `${error.path}: ${describeErrno(error.errno)}`;
    const details = { path: dir.path, found: [found] };
    const message = `cannot read the checkpoint ${quote(dir.path)}: ${found}`;
    throw new CofferError("E_CHECKPOINT_REFUSED", message, details, { cause: error });
  }
}
