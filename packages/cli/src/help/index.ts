// Help for people, by oclif.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run, settings } from "@oclif/core";

const root = new URL("../..", import.meta.url);

/** The package's own description; from a checkout that is not built, the commands are the sources. */
function readPackage() {
  const pjson = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  if (import.meta.url.endsWith(".ts")) pjson.oclif.commands.target = "./src/help/commands.ts";
  return pjson;
}

/** oclif ends a call for help by an exception. */
function isExit(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIT";
}

/** oclif would read a theme in the caller's home directory, whatever that file is: a FIFO would keep it waiting. */
const noTheme = { COFFER_DISABLE_THEME: "1" } as const;

/** Prints help; `words` are a verb and `--help`. Gives the exit status. */
export async function printHelp(words: readonly string[]): Promise<number> {
  try {
    // No plugins: oclif would look for them in the caller's home directory, and load code from there.
    const alone = { userPlugins: false, devPlugins: false };
    Object.assign(process.env, noTheme);
    // With NODE_ENV=development oclif would look for TypeScript and load a compiler.
    settings.enableAutoTranspile = false;
    await run([...words], { root: fileURLToPath(root), pjson: readPackage(), ...alone });
  } catch (error) {
    if (!isExit(error)) throw error;
  }
  return 0;
}
