// The two fronts, called alike. Node's runs many calls in one process, as its start takes longer than all that is compared.
import { join } from "node:path";
import { repository } from "../helpers/build.ts";
import { frontArgv } from "../helpers/callers/front.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";

/** What a caller sees of a call. */
export type Seen = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

export const native = frontArgv("coffer", [], true);

/** The second of a log line: the two fronts are not called in the same one. */
const time = /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g;

const withoutTime = (seen: Seen): Seen => ({ ...seen, stderr: seen.stderr.replaceAll(time, '"time":""') });

const seen = ({ exitCode, stdout, stderr }: Outcome): Seen => withoutTime({ status: exitCode, stdout, stderr });

/** A call of the native front, or of Node's in a process of its own. */
export async function callFront(words: readonly string[], isNative: boolean, face: "coffer" | "coffer-oci" = "coffer") {
  return seen(await command([...frontArgv(face, [], isNative), ...words]));
}

/** Many calls of Node's front. */
export async function callNodeOften(calls: readonly (readonly string[])[]): Promise<readonly Seen[]> {
  const driver = join(repository, "test/front/node-driver.ts");
  const argv = [process.execPath, "--conditions=@coffer/source", driver];
  const { stdout, stderr, exitCode } = await command(argv, { input: JSON.stringify(calls), timeoutMs: 600_000 });
  if (exitCode !== 0) throw new Error(stderr);
  const told: readonly Seen[] = JSON.parse(stdout);
  return told.map(withoutTime);
}
