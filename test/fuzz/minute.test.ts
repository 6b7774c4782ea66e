// What fuzzing finds in a minute, 20 s for each of three kinds: nothing. `npm run test:all` takes 7 s for each. `npm run fuzz --
// --time SECONDS` searches for longer.
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { isDaily } from "../helpers/runner/daily.ts";

test("no bytes of a minute break the decoder or the verifier, and no plan that it accepts breaks the launcher", async (t) => {
  if (!(await needs(t, "root", "clang"))) return;
  t.timeout(600_000);
  const argv = [process.execPath, join(repository, "scripts/fuzz/fuzz.mjs"), "--time", isDaily ? "7" : "20"];
  const { PATH = "", HOME = "/" } = process.env;
  const env = { PATH, HOME };
  const { stdout, stderr, exitCode } = await command(argv, { cwd: repository, env, timeoutMs: 600_000 });
  t.is(exitCode, 0, `${stderr.slice(-1000)}\n${stdout.slice(-1000)}`);
});
