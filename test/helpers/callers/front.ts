// Which front the tests try: COFFER_FRONT=native names the program without Node. One place, so that every suite runs with both.
import { join } from "node:path";
import { repository } from "../build.ts";

const arch = process.arch === "arm64" ? "aarch64" : "x86_64";

/** Whether the native front is tried. */
export const isNative = process.env.COFFER_FRONT === "native";

/** The words that start a face of coffer as this checkout has built it. With arguments for Node, Node is the front. */
export function frontArgv(
  face: "coffer" | "coffer-oci",
  nodeArguments: readonly string[] = [],
  native: boolean = isNative && nodeArguments.length === 0,
): readonly string[] {
  if (native) return [join(repository, "packages/cli/native", arch, face)];
  return [process.execPath, ...nodeArguments, join(repository, `packages/cli/bin/${face}.js`)];
}
