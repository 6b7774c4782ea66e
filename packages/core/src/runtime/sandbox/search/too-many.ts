// Trees with too many names to look at. A sandbox that makes as many does not show the next one what was hidden from it.
import { CofferError, quote } from "../../../errors.ts";
import type { Runtime } from "../../runtime.ts";

/** So many names of a tree are looked at for files with keys. */
export const mostNames = 500_000;

/** A tree that cannot be searched is shown only where the caller has named it to be read. */
export function sayTooMany({ warn }: Runtime, tree: string, isNamed: boolean): void {
  const many = `${quote(tree)} has more than ${mostNames} names`;
  const risk = "files such as .env deep in it may be visible";
  const open = `${many}: ${risk} (hide them with --deny PATH), and repositories there are not guarded`;
  const shut = `${many}: what is to be hidden and guarded there cannot be looked for`;
  const hint = "look whether a sandbox has left them, or work in a smaller tree";
  if (!isNamed) throw new CofferError("E_USAGE", shut, { argument: "cwd" }, { hint });
  warn?.(new CofferError("E_USAGE", open, { argument: "cwd" }));
}
