// What many paths are.
import * as fs from "node:fs";
import { optional } from "../../error.ts";
import type { FileKind } from "../../port.ts";
import { call } from "../call.ts";
import { findStat } from "./files.ts";

/** What each of these paths is; undefined for one that cannot be looked up. */
export const kindsOf = (
  paths: readonly string[],
  options: { readonly follow?: boolean } = {},
): readonly (FileKind | undefined)[] => paths.map((path) => optional(() => findStat(path, options)?.kind));

/** Whether nothing is there under all of these names. False if one cannot be looked up. */
export const areMissing = (paths: readonly string[]): boolean =>
  paths.every((path) => optional(() => findStat(path, { follow: false }) === undefined) === true);

/** Which of these paths are there and have changed since a moment, in milliseconds since 1970. */
export const changedSince = (paths: readonly string[], since: number): readonly boolean[] =>
  paths.map((path) => {
    const found = optional(() => call("stat", path, (at) => fs.lstatSync(at, { bigint: true, throwIfNoEntry: false })));
    return found !== undefined && found.ctimeMs >= since;
  });
