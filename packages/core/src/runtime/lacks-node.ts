// What the native front cannot do where there is no Node to hand over to.
import { CofferError } from "../errors.ts";

/** Says that something needs Node. */
export function lacksNode(what: string): CofferError {
  const needs = "Node, and the npm package of coffer";
  const hint = "install Node, and put its directory into PATH";
  return new CofferError("E_HOST_UNSUPPORTED", `${what} needs ${needs}`, { needs, found: "none" }, { hint });
}
