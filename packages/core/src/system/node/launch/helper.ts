// Finding the helper: the environment first, then the one that was built for this machine.
import * as fs from "node:fs";
import { arch } from "node:process";
import { fileURLToPath } from "node:url";
import { CofferError } from "../../../errors.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import { SystemError } from "../../error.ts";

const archNames: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", riscv64: "riscv64" };

/**
 * The path of the helper program.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED if no helper can be executed
 */
export function findHelper(override: string | undefined): string {
  const name = `coffer-helper-${archNames[arch] ?? arch}`;
  // Asked of the package, since this file may have been bundled into another.
  const path = override ?? fileURLToPath(new URL(`native/${name}`, import.meta.resolve("@coffer/core/package.json")));
  try {
    // Node would execute a look-alike.
    if (!isUtf8(path)) throw new SystemError("execve", path, "EILSEQ");
    fs.accessSync(path, fs.constants.X_OK);
    return path;
  } catch (cause) {
    const hint =
      override === undefined
        ? "build it with `npm run zig-build`, or name another in COFFER_HELPER"
        : "COFFER_HELPER names it: set it to a coffer-helper, or unset it";
    const details = { needs: name, found: "none" };
    throw new CofferError("E_HOST_UNSUPPORTED", `cannot execute the helper ${path}`, details, { hint, cause });
  }
}
