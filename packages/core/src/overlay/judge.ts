// What of an overlay may be applied to its tree without being named, and why not. What a program of the host acts upon, what leads
// somewhere else, and what is no plain file, directory or link waits for a word of the caller.
import { shellWord } from "@coffer/spec";
import { foldCase } from "./acted-upon.ts";
import { changeOf, isChangedSince } from "./changes.ts";
import type { TreeFacts } from "./facts.ts";
import { judgeLink, judgeName, markOf } from "./facts.ts";
import type { LayerRecord } from "./records.ts";

/** A change, and why it is not applied by itself. */
export interface Judged {
  readonly record: LayerRecord;
  /** Why it is applied only if it is named. */
  readonly held?: string;
  /** Why it is never applied. */
  readonly refused?: string;
  /** It is applied if the directory that it is in is named. */
  readonly isWithHeld?: boolean;
}

const plainKinds: readonly string[] = ["file", "directory", "link"];
const special = 0o7000;
const usable = 0o700;
const readable = 0o400;
/** The kernel takes 4095 bytes, and a character of a name can have three. */
const mostPath = 1300;

/** Why something is never applied. */
function refusalOf({ path, upper, lower, fault, isMount }: LayerRecord, { uid }: TreeFacts): string | undefined {
  if (fault !== undefined) return fault;
  if (isMount) return "something is mounted there";
  if (path.length > mostPath) return "its path is too long";
  for (const one of [upper, lower]) {
    if (one === undefined) continue;
    if (!plainKinds.includes(one.kind)) return `it is of the kind ${one.kind}`;
    if (one.kind !== "link" && (one.mode & special) !== 0)
      return "it has the bits of set-user-id, set-group-id or a sticky directory";
  }
  if (lower !== undefined && lower.uid !== uid) return `it belongs to user ${lower.uid}`;
  if (upper?.kind === "file" && (upper.mode & readable) === 0) return "its owner cannot read the file";
  if (upper?.kind === "file" && lower?.kind === "file" && (lower.mode & readable) === 0)
    return "its owner cannot read what the tree has there, nor who else may use that";
  if (upper?.kind === "directory" && (upper.mode & usable) !== usable) return "its owner cannot use the directory";
  return undefined;
}

const others = 0o077;
const executable = 0o111;
const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** Why the bits of something wait. What is new gets no bits that the caller's umask takes away. */
function judgeBits({ upper, lower }: LayerRecord): string | undefined {
  if (upper === undefined || upper.kind === "link") return undefined;
  if (lower === undefined || lower.kind !== upper.kind || (upper.mode & ~lower.mode & others) === 0) return undefined;
  return `it gives others more rights: ${octal(lower.mode)} to ${octal(upper.mode)}`;
}

function holdOf(record: LayerRecord, facts: TreeFacts, links: ReadonlySet<string>): string | undefined {
  const { path, upper, lower } = record;
  const isDir = (upper ?? lower)?.kind === "directory";
  const isLoaded = upper?.kind === "file" && ((upper.mode & executable) !== 0 || /\.so(?:\.|$)/.test(path));
  const isRun = upper?.kind === "link" || isLoaded;
  const named = judgeName(path, facts, { isDir, isRun });
  if (named !== undefined) return named;
  if (facts.isGitUnknown && !isDir) return "git cannot be asked which files its settings name";
  if (upper?.kind === "link") {
    const reason = judgeLink(record, facts, links);
    if (reason !== undefined) return reason;
  }
  if (upper !== undefined && lower !== undefined && upper.kind !== lower.kind)
    return `it replaces a ${lower.kind} by a ${upper.kind}`;
  if (lower?.kind === "file" && lower.links > 1) return "it has another name on the host";
  const bits = judgeBits(record);
  if (bits !== undefined) return bits;
  const isOwn = lower !== undefined && facts.own.has(markOf(lower));
  return isChangedSince(record, facts.created) && !isOwn ? "the host has changed it since" : undefined;
}

/** What is not applied keeps the directory that it is in, and keeps away what would be in it. */
function spread(judged: readonly Judged[], lifted: readonly string[]): readonly Judged[] {
  const waits = ({ held, refused, record }: Judged): boolean =>
    refused !== undefined || (held !== undefined && !isLifted(record.path, lifted));
  const kept = judged.filter(waits);
  const isDir = ({ record }: Judged): boolean => record.upper?.kind === "directory";
  const closed = new Set(kept.filter((one) => isDir(one) && one.record.lower?.kind !== "directory").map(pathOf));
  const above = new Map<string, string>();
  for (const { record } of kept)
    for (let at = record.path.lastIndexOf("/"); at > 0; at = record.path.lastIndexOf("/", at - 1))
      above.set(record.path.slice(0, at), record.path);
  const isGone = ({ record }: Judged): boolean =>
    record.lower?.kind === "directory" && record.upper?.kind !== "directory";
  const blocked = judged.filter((one) => isGone(one) && (waits(one) || above.has(one.record.path))).map(pathOf);
  const tops = new Set(blocked);
  const parentOf = (path: string, dirs: ReadonlySet<string>): string | undefined => {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      if (dirs.has(path.slice(0, at))) return path.slice(0, at);
    return undefined;
  };
  return judged.map((one) => {
    if (one.refused !== undefined) return one;
    const { path } = one.record;
    const inside = above.get(path);
    const dir = parentOf(path, closed) ?? parentOf(path, tops);
    if (dir !== undefined) return { ...one, refused: `its directory ${shellWord(dir)} is held`, isWithHeld: true };
    if (isGone(one) && inside !== undefined) return { ...one, refused: `${shellWord(inside)} in it is held` };
    return one;
  });
}

const pathOf = ({ record }: Judged): string => record.path;

const isBeneath = (path: string, parent: string): boolean =>
  parent === "" || path === parent || path.startsWith(`${parent}/`);

/** A held path is lifted by its own name, or by that of something that it is in. */
const isLifted = (path: string, lifted: readonly string[]): boolean => lifted.some((one) => isBeneath(path, one));

/** What is applied: what is not held, or what is named, with the new directories that it is in. */
export function choose(
  judged: readonly Judged[],
  { paths, held }: { readonly paths: readonly string[]; readonly held: readonly string[] },
): readonly Judged[] {
  const named = [...paths, ...held];
  const isNamed = ({ path, upper, lower }: LayerRecord): boolean =>
    named.length === 0 ||
    named.some((one) => isBeneath(path, one)) ||
    (upper?.kind === "directory" && lower?.kind !== "directory" && named.some((one) => isBeneath(one, path)));
  return judged.filter(
    ({ record, held: reason, refused }) =>
      refused === undefined && isNamed(record) && (reason === undefined || isLifted(record.path, held)),
  );
}

/** Judges every change. `lifted`: held paths that the caller names, and what they are in. */
export function judge(records: readonly LayerRecord[], facts: TreeFacts, lifted: readonly string[]): readonly Judged[] {
  const links = new Set(records.filter(({ upper }) => upper?.kind === "link").map(({ path }) => foldCase(path)));
  const judged = records
    .filter((record) => changeOf(record) !== undefined)
    .map((record): Judged => {
      const refused = refusalOf(record, facts);
      if (refused !== undefined) return { record, refused };
      const held = holdOf(record, facts, links);
      return held === undefined ? { record } : { record, held };
    });
  return spread(judged, lifted);
}
