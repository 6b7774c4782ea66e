// Files of packages that are installed. A program that Bun or Deno has compiled has none: its modules are in no directory, and Bun
// would look for a package where the caller works, Deno beneath /tmp. Whoever writes there would choose what is executed.
import { fileURLToPath } from "node:url";
import { SystemError } from "../error.ts";

function isCompiled(): boolean {
  const { build } = Object(Reflect.get(globalThis, "Deno"));
  return build?.standalone === true || import.meta.url?.startsWith("file:///$bunfs/") === true;
}

/**
 * The path of a file of a package.
 *
 * @throws {SystemError} ENOENT in a compiled program; else what `import.meta.resolve` throws where there is no such package
 */
export function resolveInstalled(name: string): string {
  if (isCompiled()) throw new SystemError("resolve", name, "ENOENT");
  return fileURLToPath(import.meta.resolve(name));
}

/** The directory of the file that this module was bundled into; undefined in a compiled program. */
export function ownDirectory(): string | undefined {
  // A bundle of the kind CommonJS has the second of these names.
  const own = import.meta.dirname ?? (typeof __dirname === "string" ? __dirname : undefined);
  return isCompiled() ? undefined : own;
}
