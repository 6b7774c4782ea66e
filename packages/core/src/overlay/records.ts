// What the helper says of the layers of an overlay (helper-c/layers/list.c).

/** What a name can be. */
export type LayerKind = "file" | "directory" | "link" | "char" | "block" | "fifo" | "socket" | "unknown";

/** What a layer has at a name. Numbers that are only compared, or handed back, are text. */
export interface LayerObject {
  readonly kind: LayerKind;
  readonly inode: string;
  /** Permission bits, those for set-user-id and the like among them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: string;
  readonly links: number;
  /** Nanoseconds since 1970. */
  readonly modified: string;
  readonly changed: string;
}

/** A name of the upper layer, or one of the lower layer that the upper one hides. */
export interface LayerRecord {
  /** Beneath the tree. */
  readonly path: string;
  readonly upper: LayerObject | undefined;
  readonly lower: LayerObject | undefined;
  /** Where a link of the upper layer leads. */
  readonly target: string;
  /** Both layers have the same content. */
  readonly isSame: boolean;
  /** Something is mounted there, which no overlay shows. */
  readonly isMount: boolean;
  /** Why nothing beneath is known. */
  readonly fault: string | undefined;
}

const kinds: Readonly<Record<string, LayerKind>> = {
  f: "file",
  d: "directory",
  l: "link",
  c: "char",
  b: "block",
  p: "fifo",
  s: "socket",
};

function readObject(text: string): LayerObject | undefined {
  if (text === "-") return undefined;
  const [kind = "", inode = "", mode, uid, gid, size = "", , links, modified = "", changed = ""] = text.split(",");
  const numbers = { mode: Number(mode), uid: Number(uid), gid: Number(gid), links: Number(links) };
  return { kind: kinds[kind] ?? "unknown", inode, size, modified, changed, ...numbers };
}

function faultOf(flags: string): string | undefined {
  if (flags.includes("D")) return "its directories are nested too deep";
  if (flags.includes("x")) return "it has attributes of overlays that nobody here knows";
  return flags.includes("!") ? "it cannot be read" : undefined;
}

function readRecord(path: string, state: string, target: string): LayerRecord {
  const [flags = "", upper = "-", lower = "-"] = state.split(" ");
  return {
    path,
    upper: readObject(upper),
    lower: readObject(lower),
    target,
    isSame: flags.includes("="),
    isMount: flags.includes("m"),
    fault: faultOf(flags),
  };
}

/** Reads a list, in its order: a directory comes before what is in it. Undefined if the list is not whole. */
export function readRecords(text: string): readonly LayerRecord[] | undefined {
  const fields = text.split("\0");
  if (fields.length % 3 !== 1 || fields.at(-3) !== "end" || fields.at(-4) !== "" || fields.at(-1) !== "")
    return undefined;
  const records: LayerRecord[] = [];
  for (let at = 0; at < fields.length - 4; at += 3)
    records.push(readRecord(fields[at] ?? "", fields[at + 1] ?? "", fields[at + 2] ?? ""));
  return records;
}
