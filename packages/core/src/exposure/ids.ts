import type { Plan } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";

/** One line of an id map. */
export interface IdLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface IdMap {
  readonly kind: "uid" | "gid";
  readonly lines: readonly IdLine[];
  readonly at: Place;
}

function parseMap(text: string): readonly IdLine[] {
  return text.split("\n").flatMap((line) => {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
    return inside === undefined || outside === undefined || count === undefined ? [] : [{ inside, outside, count }];
  });
}

/** The id maps of the user namespace that a plan makes. */
export function readIdMaps(plan: Plan): readonly IdMap[] {
  const written = findOps(plan, "write-idmap").flatMap(({ op, at }): readonly IdMap[] => [
    ...(op.uids === undefined ? [] : [{ kind: "uid" as const, lines: parseMap(op.uids), at }]),
    ...(op.gids === undefined ? [] : [{ kind: "gid" as const, lines: parseMap(op.gids), at }]),
  ]);
  const helped = findOps(plan, "spawn-idmap").map(
    ({ op, at }): IdMap => ({ kind: Number(op.gid) === 0 ? "uid" : "gid", lines: parseMap(op.map), at }),
  );
  return [...written, ...helped];
}

/** Whether a map gives an id of the host to the container. */
export function hasHostId({ lines }: IdMap, id: number): boolean {
  return lines.some(({ outside, count }) => id >= outside && id < outside + count);
}
