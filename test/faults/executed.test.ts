// The executed fuzzing in short: `npm run fuzz -- --time 600` is the long one.
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";

const argv = [process.execPath, "--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"];

test.serial("plans that the verifier takes are executed, and nothing escapes", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "user", "userns"))) return;
  const words = ["scripts/fuzz/exec-fuzz.ts", "--time", "10"];
  const { exitCode, stdout, stderr } = await command([...argv, ...words], { cwd: repository, timeoutMs: 300_000 });
  t.log(stdout.slice(0, 2000));
  t.is(exitCode, 0, stdout + stderr);
});
