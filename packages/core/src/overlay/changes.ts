// What a sandbox has changed of its tree: the records of its layers, in words.
import { shellWord, stringifyJson } from "@coffer/spec";
import type { LayerKind, LayerRecord } from "./records.ts";

/** A change of one name. */
export interface Change {
  readonly path: string;
  /** `unknown`: nothing can be said of it, or of what is beneath. */
  readonly change: "added" | "changed" | "deleted" | "mode" | "unknown";
  readonly kind: LayerKind;
  /** What was there, if that was of another kind. */
  readonly was?: LayerKind;
  /** Permission bits before and after, where they differ. */
  readonly modes?: readonly [before: string, after: string];
  /** Permission bits of what is new, where it can be executed, or others can write it. */
  readonly mode?: string;
  /** Where a link leads. */
  readonly target?: string;
  /** Of a directory that is deleted: how many names were in it. */
  readonly names?: number;
  /** The host has changed it since the overlay was made. */
  readonly conflict?: true;
  /** Why it is unknown. */
  readonly why?: string;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/** Bits that a new file seldom has: set-user-id and the like, executable, writable by others. */
const notable: Readonly<Partial<Record<LayerKind, number>>> = { file: 0o7133, directory: 0o7022 };

/** What a change is, without its notes. */
export function changeOf(record: LayerRecord): Change["change"] | undefined {
  const { upper, lower, isSame, fault } = record;
  if (fault !== undefined) return "unknown";
  if (upper === undefined) return "deleted";
  if (lower === undefined) return "added";
  const isOther = upper.kind !== lower.kind || (["file", "link"].includes(upper.kind) && !isSame);
  if (isOther) return "changed";
  return upper.mode === lower.mode ? undefined : "mode";
}

/** Whether the host has changed something since a time, in nanoseconds since 1970. */
export const isChangedSince = ({ lower }: LayerRecord, created: bigint): boolean =>
  lower !== undefined && lower.kind !== "directory" && BigInt(lower.changed) > created;

function toChange(record: LayerRecord, created: bigint): Change | undefined {
  const { path, upper, lower, target, fault } = record;
  const change = changeOf(record);
  const kind = upper?.kind ?? lower?.kind ?? "unknown";
  if (change === undefined) return undefined;
  if (change === "unknown") return { path, change, kind, why: fault ?? "" };
  const isOther = upper !== undefined && lower !== undefined && upper.kind !== lower.kind;
  const hasModes = upper !== undefined && lower !== undefined && !isOther && upper.mode !== lower.mode;
  return {
    path,
    change,
    kind,
    ...(isOther ? { was: lower.kind } : {}),
    ...(hasModes ? { modes: [octal(lower.mode), octal(upper.mode)] as const } : {}),
    ...(upper !== undefined && !hasModes && change !== "mode" && (upper.mode & (notable[upper.kind] ?? 0)) !== 0
      ? { mode: octal(upper.mode) }
      : {}),
    ...(upper?.kind === "link" ? { target } : {}),
    ...(isChangedSince(record, created) ? { conflict: true as const } : {}),
  };
}

/** The changes, in order of their paths' directories. What was in a deleted directory is counted there. */
export function changesOf(records: readonly LayerRecord[], created: bigint): readonly Change[] {
  const changes: Change[] = [];
  let gone: { readonly at: number; readonly path: string; names: number } | undefined;
  const close = (): void => {
    const last = gone && changes[gone.at];
    if (gone !== undefined && last !== undefined) changes[gone.at] = { ...last, names: gone.names };
    gone = undefined;
  };
  for (const record of records) {
    if (gone !== undefined && record.path.startsWith(`${gone.path}/`)) {
      gone.names += 1;
      continue;
    }
    close();
    const change = toChange(record, created);
    if (change === undefined) continue;
    if (change.change === "deleted" && change.kind === "directory")
      gone = { at: changes.length, path: record.path, names: 0 };
    changes.push(change);
  }
  close();
  return changes;
}

function noteOf({ was, modes, mode, target, names, conflict, why }: Change): string {
  const notes = [
    ...(was === undefined ? [] : [`was a ${was}`]),
    ...(modes === undefined ? [] : [modes.join(" to ")]),
    ...(mode === undefined ? [] : [`mode ${mode}`]),
    ...(names === undefined ? [] : [`${names} ${names === 1 ? "name" : "names"} in it`]),
    ...(conflict === undefined ? [] : ["the host has changed it since"]),
    ...(why === undefined ? [] : [why]),
  ];
  const leads = target === undefined ? "" : ` -> ${shellWord(target)}`;
  return notes.length === 0 ? leads : `${leads} (${notes.join(", ")})`;
}

/** The changes as `diff` prints them. Every name is one word of a shell, on one line. */
export function printChanges(changes: readonly Change[], form: "json" | "text"): string {
  if (form === "json") return stringifyJson(changes);
  return changes
    .map((change) => {
      const name = shellWord(change.path);
      const slash = change.kind === "directory" ? "/" : "";
      return `${change.change.padEnd(8)} ${change.kind.padEnd(9)} ${name}${slash}${noteOf(change)}`;
    })
    .join("\n");
}
