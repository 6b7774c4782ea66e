import { SystemError } from "../error.ts";
import { toNode } from "./text.ts";

function errnoOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "EIO";
}

/** Runs one call of Node, which is given the path as Node takes it, and turns its error into a `SystemError`. */
export function call<T>(name: string, path: string, run: (at: string | Buffer) => T): T {
  try {
    return run(toNode(path));
  } catch (error) {
    if (error instanceof SystemError) throw error;
    throw new SystemError(name, path, errnoOf(error), { cause: error });
  }
}
