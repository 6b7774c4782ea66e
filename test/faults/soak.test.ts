// The soak in short: nothing is left, and the driving process does not grow. `npm run soak` is the long one.
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";

const argv = (...more: readonly string[]): readonly string[] => [
  process.execPath,
  "--conditions=@coffer/source",
  "--max-semi-space-size=16",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
  "scripts/soak.ts",
  "--containers",
  "200",
  ...more,
];

for (const [who, words] of Object.entries({ root: [], "an ordinary user": ["--user"] }))
  test.serial(`200 containers, as ${who}`, async (t) => {
    t.timeout(1_200_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { exitCode, stdout, stderr } = await command(argv(...words), { cwd: repository, timeoutMs: 1_200_000 });
    t.log(stdout);
    t.is(exitCode, 0, stdout + stderr);
    t.regex(stdout, /left: 0\n/);
  });
