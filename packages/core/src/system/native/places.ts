// In the place of wasm/build/places.ts: the native front compiles no modules.
import { InternalError } from "../../errors.ts";

/** The path of a file of a package. */
export const resolvePackage = (_name: string): undefined => undefined;

/** The directory with what the program of a module is compiled with. */
export function shimDir(): string {
  throw new InternalError("the native front compiles no modules");
}
