// Another user owns the parent of a bundle, and exchanges the bundle for another. No container is made of parts of both.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { needs } from "../../helpers/needs.ts";
import { attack, isWhole } from "./attack.ts";
import { isWhollyOf, makePair, meetBundles, places } from "./bundle-cells.ts";
import { calls, commandOf } from "./calls.ts";
import { makeField } from "./field.ts";
import { cases, exchanges, meetExchange } from "./path-cells.ts";
import type { Caller, Ended } from "./types.ts";

const isOne = test.macro({
  exec: async (t: ExecutionContext, as: Caller, place: string) => {
    t.timeout(600_000);
    if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
    t.deepEqual(await meetBundles(t, as, place), []);
  },
  title: (_provided, as: Caller, place: string) =>
    `run of ${as} takes a bundle whole, whose parent is another user's: ${place}`,
});

for (const as of ["root", "user"] as const)
  for (const place of isWhole ? Object.keys(places) : ["the working directory"]) test.serial(isOne, as, place);

test.serial("a relative source of an ordinary user is bound where nobody else may exchange it", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
  const field = makeField(t, "user");
  const [one] = makePair(field);
  const own = join(field.base, "own");
  execFileSync("cp", ["-a", join(one, "bundle"), own]);
  const argv = commandOf(field, "run", calls.run, ["--bundle", own, "$ID"]);
  const wrong = ({ text }: Ended): string | undefined => (isWhollyOf("one", text) ? undefined : "it does not run");
  const lost = await attack(t, field, {
    attacker: "nobody",
    rights: "none",
    verb: "run",
    as: "user",
    runs: 1,
    argv,
    wrong,
  });
  t.deepEqual(lost, []);
});

/** The peers have these flags too. What they do is recorded, and fails nothing. */
const theirs: readonly (readonly [VerbName, string])[] = [
  ["run", "--bundle"],
  ["run", "--pid-file"],
  ["state", "--log"],
];

for (const runtime of ["runc", "crun"] as const)
  test.serial(`what ${runtime} does beside an attacker is recorded`, async (t) => {
    t.timeout(900_000);
    if (!isWhole || !(await needs(t, "root", "user", "busybox", runtime))) {
      t.pass();
      return;
    }
    for (const place of Object.keys(places)) t.log((await meetBundles(t, "root", place, {}, runtime)).length);
    for (const [verb, flag] of theirs)
      for (const how of Object.keys(exchanges)) {
        const one = cases.find((found) => found.verb === verb && found.row.flag === flag && found.as === "root");
        if (one !== undefined) t.log((await meetExchange(t, how, one, {}, runtime)).length);
      }
    t.pass();
  });
