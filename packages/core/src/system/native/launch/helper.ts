// Finding the helper: the environment first, then beside this program, then where packages put it.
import { CofferError } from "../../../errors.ts";
import { SystemError } from "../../error.ts";
import { errnoName } from "../node/errno.ts";
import { toNode, toText } from "../text.ts";

const executable = 1;
const packaged = "/usr/libexec/coffer/coffer-helper";

/** The directory of this program. */
export function findOwnDirectory(): string {
  const path = host.readlink("/proc/self/exe");
  return typeof path === "number" ? "" : toText(path).replace(/\/[^/]*$/, "");
}

/**
 * The path of the helper program.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED if no helper can be executed
 */
export function findHelper(override: string | undefined): string {
  const name = `coffer-helper-${toText(uname())}`;
  const beside = `${findOwnDirectory()}/${name}`;
  const candidates = override === undefined ? [beside, packaged] : [override];
  let failure = 0;
  for (const path of candidates) {
    failure = host.access(toNode(path), executable);
    if (failure === 0) return path;
  }
  const path = override ?? beside;
  const hint =
    override === undefined
      ? "build it with `npm run zig-build`, or name another in COFFER_HELPER"
      : "COFFER_HELPER names it: set it to a coffer-helper, or unset it";
  const cause = new SystemError("access", path, errnoName(failure));
  const details = { needs: name, found: "none" };
  throw new CofferError("E_HOST_UNSUPPORTED", `cannot execute the helper ${path}`, details, { hint, cause });
}

function uname(): Uint8Array {
  const machine = host.uname(2);
  return typeof machine === "number" ? new Uint8Array(0) : machine;
}
