import { toAbsolute } from "../../system/working-directory.ts";
import { readUserFile } from "../launch/bundle.ts";
import type { Runtime } from "../runtime.ts";

/**
 * The runtime under a policy, which every plan that it launches has to keep: that of a file, or one that a program made.
 * Without one it is the runtime itself.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID
 */
export async function underPolicy(runtime: Runtime, source: string | object | undefined): Promise<Runtime> {
  if (source === undefined) return runtime;
  const path = typeof source === "string" ? toAbsolute(runtime.system, source) : undefined;
  const read = path === undefined ? source : readUserFile(runtime.system, "the policy", path);
  const { makeGuard } = await import("./policy.ts");
  return { ...runtime, guard: makeGuard(path === undefined ? "policy" : `policy ${path}`, read) };
}
