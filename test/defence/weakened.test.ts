// A check that can never fail shows nothing: with each weakened build the rows that are named turn red.
import type { ExecutionContext } from "ava";
import test from "ava";
import { launch } from "../helper/launch.ts";
import { createPlan } from "../helper/plans.ts";
import { makeBox } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { needs } from "../helpers/needs.ts";
import { traceVerb } from "../helpers/trace/trace.ts";
import { catalogue } from "./catalogue.ts";
import { raceUnder } from "./matrix/racing.ts";
import { attempt } from "./matrix/stage.ts";
import type { Build } from "./matrix/types.ts";
import { buildWeakened } from "./matrix/weaken.ts";
import { races } from "./races.ts";
import { violations } from "./trace-rules.ts";
import type { Weakened } from "./weakened.ts";
import { weakenedBuilds } from "./weakened.ts";

/** Fewer launches than of the whole helper: the fault is found in the first few. */
const launches = 60;

/** A plan that the verifier refuses: the clone of the root stays a peer of the host's mount. */
function unverified() {
  const plan = createPlan({ args: ["probe", "echo", "it runs"] });
  const ops = plan.ops.map((op) => (op.op === "clone-tree" ? { ...op, propagation: 0 } : op));
  return { ...plan, ops };
}

/** What failed in a row with this helper; undefined when all held. */
async function failure(
  t: ExecutionContext,
  row: string,
  build: Build = {},
  more: Patch = {},
): Promise<string | undefined> {
  if (row === "plan") {
    const options = build.helper === undefined ? {} : { program: build.helper };
    const { stdout } = await launch(makeBox(t), unverified(), options);
    return stdout.includes("it runs") ? "a plan runs that is none" : undefined;
  }
  if (row === "trace") {
    const box = makeBox(t);
    const env = build.helper === undefined ? {} : { COFFER_HELPER: build.helper };
    const trace = await traceVerb(box, "run", ["--bundle", box.path, box.tag], { env });
    return violations(trace)[0];
  }
  const race = races.find(({ name }) => row === `race: ${name}`);
  if (race !== undefined) {
    const { verdict, note } = await raceUnder(t, "coffer", race, build.helper, launches);
    return verdict === "held" ? undefined : note;
  }
  const found = catalogue.flatMap(({ rows }) => rows).find(({ id }) => id === row);
  if (found?.show.how !== "attempt") throw new Error(`the catalogue has no row ${row} that can be tried`);
  const { patch = {}, ...rest } = found.show.attempt;
  const seen = await attempt(t, "coffer", { ...rest, patch: { ...patch, ...more } }, build);
  return typeof seen !== "string" && "failed" in seen ? seen.failed : undefined;
}

const isNoticed = test.macro({
  exec: async (t, { edits, red, patch }: Weakened) => {
    t.timeout(600_000);
    if (!(await needs(t, "root", "gcc", "userns", "strace"))) return;
    const build = edits.length === 0 ? {} : buildWeakened(edits);
    for (const row of red) {
      const failed = await failure(t, row, build, patch);
      t.log(`${row}: ${failed}`);
      t.not(failed, undefined, `${row} holds all the same`);
    }
  },
  title: (_provided, { name, fixture }: Weakened) => `${fixture}: ${name}`,
});

for (const build of weakenedBuilds) test.serial(isNoticed, build);

test.serial("the same build without an edit holds", async (t) => {
  t.timeout(600_000);
  if (!(await needs(t, "root", "gcc", "userns", "strace"))) return;
  const build = buildWeakened([]);
  for (const row of ["plan", "trace", "LXC CVE-2015-1335"]) t.is(await failure(t, row, build), undefined, row);
});
