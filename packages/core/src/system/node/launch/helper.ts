// Finding the helper: the environment first, then the one that was built for this machine.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { arch, execPath } from "node:process";
import { CofferError } from "../../../errors.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import { SystemError } from "../../error.ts";
import { ownDirectory, resolveInstalled } from "../installed.ts";

const archNames: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", riscv64: "riscv64" };

interface Search {
  readonly paths: readonly string[];
  readonly hint: string;
}

/** Where the helper may be: in the package; for a program that the package was bundled into, beside it, or where the Debian package puts it. */
function placesOf(name: string): Search {
  try {
    const path = join(dirname(resolveInstalled("@coffer/core/package.json")), "native", name);
    return { paths: [path], hint: "build it with `npm run zig-build`, or name another in COFFER_HELPER" };
  } catch {
    const hint = `put ${name} of @coffer/core/native beside this program, or name another in COFFER_HELPER`;
    const places = [ownDirectory(), dirname(execPath)].filter((place) => place !== undefined);
    return { paths: [...places.map((place) => join(place, name)), "/usr/libexec/coffer/coffer-helper"], hint };
  }
}

/**
 * The path of the helper program.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED if no helper can be executed
 */
export function findHelper(override: string | undefined): string {
  const name = `coffer-helper-${archNames[arch] ?? arch}`;
  const named = "COFFER_HELPER names it: set it to a coffer-helper, or unset it";
  const { paths, hint } = override === undefined ? placesOf(name) : { paths: [override], hint: named };
  const causes: unknown[] = [];
  for (const path of paths)
    try {
      // Node would execute a look-alike.
      if (!isUtf8(path)) throw new SystemError("execve", path, "EILSEQ");
      fs.accessSync(path, fs.constants.X_OK);
      return path;
    } catch (cause) {
      causes.push(cause);
    }
  const details = { needs: name, found: "none" };
  throw new CofferError("E_HOST_UNSUPPORTED", `cannot execute the helper ${paths[0]}`, details, {
    hint,
    cause: causes[0],
  });
}
