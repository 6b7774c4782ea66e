// Trees with too many names to look at. A sandbox that makes as many does not show the next one what was hidden from it.
import { shellWord } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import { bulky, commonest, searchTree } from "./tree.ts";

/** So many names of a tree are looked at for files with keys. */
export const mostNames = 500_000;

/** A tree that cannot be searched is shown only where the caller has named it to be read. */
export function sayTooMany(runtime: Runtime, tree: string, shut: ReadonlySet<string>, isNamed: boolean): void {
  const many = `${quote(tree)} has more than ${mostNames} names`;
  if (isNamed) {
    const risk = "files such as .env deep in it may be visible";
    const open = `${many}: ${risk} (hide them with --deny PATH), and repositories there are not guarded`;
    runtime.warn?.(new CofferError("E_USAGE", open, { argument: "cwd" }));
    return;
  }
  const tops: string[] = [];
  searchTree(runtime.system, tree, { skip: bulky, shut, limit: mostNames }, ({ path }) => {
    tops.push(path.split("/", tree.split("/").length + 1).join("/"));
  });
  const dir = shellWord(commonest(tops));
  const shutting = `${many}: what is to be hidden and guarded there cannot be looked for`;
  const hint = `most are in ${dir}: --deny ${dir} hides it, or work in a smaller tree`;
  throw new CofferError("E_USAGE", shutting, { argument: "cwd" }, { hint });
}
