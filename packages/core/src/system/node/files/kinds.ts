// What many paths are.
import { optional } from "../../error.ts";
import type { FileKind } from "../../port.ts";
import { stat } from "./files.ts";

/** What each of these paths is; undefined for one that cannot be looked up. */
export const kindsOf = (
  paths: readonly string[],
  options: { readonly follow?: boolean } = {},
): readonly (FileKind | undefined)[] => paths.map((path) => optional(() => stat(path, options).kind));
