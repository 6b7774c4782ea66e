// Where packages are. The native front has none (system/native/places.ts).
import { resolveInstalled } from "../../system/node/installed.ts";

/** The path of a file of a package; undefined where the package is not installed. */
export function resolvePackage(name: string): string | undefined {
  try {
    return resolveInstalled(name);
  } catch {
    return undefined;
  }
}

/** The directory with what the program of a module is compiled and linked with. */
export function shimDir(): string {
  return resolveInstalled("@coffer/core/package.json").replace(/package\.json$/, "native/wasm");
}
