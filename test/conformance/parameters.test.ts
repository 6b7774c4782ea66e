// Kernel parameters are read back after they were written: a value that was taken must not be mistaken for another.
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";

const program = join(import.meta.dirname, "write-parameters.ts");
const inNamespaces = { "as root": ["-n", "-i"], "in a user namespace": ["-U", "-r", "-n", "-i"] } as const;

for (const [who, flags] of Object.entries(inNamespaces))
  test.serial(`every parameter says what was written, ${who}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const words = ["unshare", ...flags, process.execPath, "--disable-warning=ExperimentalWarning", program];
    const { stdout, stderr, exitCode } = await command(words);
    const lines = stdout.trimEnd().split("\n");
    t.is(exitCode, 0, stderr);
    t.true(Number(lines.pop()?.slice("compared ".length)) > 1000);
    t.deepEqual(lines, []);
  });
