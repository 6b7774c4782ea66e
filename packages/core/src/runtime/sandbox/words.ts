// The options of a sandbox that are about files, from whoever has written them.
import type { SandboxFiles } from "@coffer/spec";
import { sandboxFiles } from "@coffer/spec";
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { CofferError, quote } from "../../errors.ts";

/** The words about files, of which none need be given. */
export type FileWords = { readonly [K in keyof SandboxFiles]?: unknown };

/**
 * Reads the options by their schema.
 *
 * @throws {CofferError} E_USAGE
 */
export function checkFiles(options: FileWords): SandboxFiles {
  const { read, write, deny, tmp, bind, tools, cache, guards, sizes } = options;
  const words = { read, write, deny, tmp, bind, tools, cache, guards, sizes };
  const found = sandboxFiles.safeParse(words, { jitless: true });
  if (found.success) return checkSizes(found.data);
  const [issue] = found.error.issues;
  const argument = String(issue?.path[0] ?? "read");
  throw new CofferError("E_USAGE", `${issue?.path.join(" ")}: ${issue?.message}`, { argument });
}

function checkSizes(files: SandboxFiles): SandboxFiles {
  const { sizes = {}, tmp = [] } = files;
  const known = [...Object.keys(defaultSizes), ...tmp];
  const unknown = Object.keys(sizes).find((path) => !known.includes(path));
  if (unknown === undefined) return files;
  const message = `there is no size of ${quote(unknown)}: a sandbox has ${known.join(", ")} in memory`;
  throw new CofferError("E_USAGE", message, { argument: "sizes" });
}
