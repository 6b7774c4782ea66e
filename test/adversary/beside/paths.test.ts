// Another user exchanges what a flag names, or a parent of that, while the verb runs; or puts something odd there.
import type { ExecutionContext } from "ava";
import test from "ava";
import { flagsOf } from "../../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../../packages/cli/src/table/groups.ts";
import { verbOf, verbsOf } from "../../../packages/cli/src/table/verbs.ts";
import { needs } from "../../helpers/needs.ts";
import { isWhole } from "./attack.ts";
import { oddities } from "./oddities.ts";
import type { Case } from "./path-cells.ts";
import { canRun, cases, exchanges, meetExchange, meetOddities } from "./path-cells.ts";
import { notOfHost, pathRows } from "./path-rows.ts";

/** What stands for a value that is a path. */
const isPath = /\b(?:DIR|FILE|PATH)\b/;

test("every flag and word that names a file of the host has a row", (t) => {
  const covered = new Set(pathRows.flatMap(({ flag, verbs }) => verbs.map((verb) => `${verb} ${flag}`)));
  const globals = new Set(pathRows.map(({ flag }) => flag));
  const missing: string[] = [];
  for (const [name, { value = "" }] of Object.entries(flagsOf(globalFlags, "coffer")))
    if (isPath.test(value) && !globals.has(`--${name}`)) missing.push(`--${name}`);
  for (const verb of verbsOf("coffer")) {
    const { flags, words } = verbOf(verb);
    for (const [name, { value = "" }] of Object.entries(flagsOf(flags, "coffer"))) {
      const told = `${verb} --${name}`;
      if (isPath.test(value) && !covered.has(told) && notOfHost[told] === undefined) missing.push(told);
    }
    for (const { name, help } of words) {
      const told = `${verb} ${name}`;
      if (/bundle|director|file/.test(help) && !covered.has(told) && notOfHost[told] === undefined) missing.push(told);
    }
  }
  t.deepEqual(missing, []);
});

const isHeld = test.macro({
  exec: async (t: ExecutionContext, how: string, one: Case) => {
    t.timeout(900_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    if (!(await canRun(one.verb))) {
      t.pass();
      return;
    }
    t.deepEqual(how === odd ? await meetOddities(t, one, oddities) : await meetExchange(t, how, one), []);
  },
  title: (_provided, how: string, { row, verb, as }: Case) => `${verb} of ${as}, another user ${how}: ${row.flag}`,
});

const odd = "has put something odd";

/** In `npm test` one case of each way. */
const isSampled = (index: number, way: number): boolean => isWhole || index === (12 + way * 19) % cases.length;

for (const [way, how] of [...Object.keys(exchanges), odd].entries())
  for (const [index, one] of cases.entries()) if (isSampled(index, way)) test.serial(isHeld, how, one);
