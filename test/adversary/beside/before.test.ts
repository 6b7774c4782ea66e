// The sandbox before this one: nothing that it left in the tree changes what the next call reads, shows or writes.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { flagsOf } from "../../../packages/cli/src/table/flag.ts";
import { verbOf } from "../../../packages/cli/src/table/verbs.ts";
import { command } from "../../helpers/command.ts";
import { needs } from "../../helpers/needs.ts";
import { testUser } from "../../helpers/user.ts";
import { attack, isWhole } from "./attack.ts";
import type { Call, Trap } from "./before-rows.ts";
import { calls, likeOthers, traps } from "./before-rows.ts";
import type { Field } from "./field.ts";
import { envOf, leftOf, makeField, words } from "./field.ts";
import type { Caller, Ended } from "./types.ts";

test("every flag of a sandbox that names a file has a row", (t) => {
  const known = new Set(calls.map(({ flag }) => flag));
  const missing = Object.entries(flagsOf(verbOf("sandbox").flags, "coffer"))
    .filter(([, { value = "" }]) => /\b(?:DIR|FILE|PATH|SRC)\b/.test(value))
    .map(([name]) => `--${name}`)
    .filter((flag) => !known.has(flag) && likeOthers[flag] === undefined);
  t.deepEqual(missing, []);
});

const line = (field: Field, [verb = "", ...args]: readonly string[]): readonly string[] => [
  ...field.prefix,
  ...words(field, verb, args),
];

/** A tree of the caller's, in which a sandbox has left something. */
async function leave(t: ExecutionContext, field: Field, { script, name = "odd" }: Trap): Promise<string> {
  const tree = join(field.base, "tree");
  mkdirSync(tree);
  if (field.as === "user") execFileSync("chown", [`${testUser}:`, tree]);
  const put = script.replaceAll("AT", name).replaceAll("VAULT", field.vault);
  const argv = line(field, ["sandbox", "--tools", "none", "--rw", "--", "sh", "-ec", put]);
  const { exitCode, stderr } = await command(argv, { cwd: tree, env: envOf(field) });
  t.is(exitCode, 0, stderr);
  return tree;
}

/** A warning is no error: each is a line of its own. */
const isSaid = ({ text }: Ended): boolean => text.split("\n").every((one) => one === "" || one.startsWith("coffer: "));

async function meet(t: ExecutionContext, call: Call, trap: Trap, as: Caller): Promise<readonly string[]> {
  const field = makeField(t, as);
  const tree = await leave(t, field, trap);
  const name = trap.name ?? "odd";
  const lost = await attack(t, field, {
    attacker: `the sandbox before left ${trap.what}: ${call.flag}`,
    rights: "wrote the tree",
    verb: call.words[0] ?? "",
    as,
    runs: 1,
    argv: line(
      field,
      call.words.map((word) => word.replaceAll("NAME", name)),
    ),
    cwd: tree,
    also: isSaid,
  });
  return [...lost, ...(await leftOf(field))];
}

/** In `npm test` each flag meets one trap. */
const isSampled = (call: number, trap: number, as: Caller): boolean =>
  isWhole || (call * 7 + (as === "user" ? 3 : 0)) % traps.length === trap;

for (const [row, call] of calls.entries())
  for (const as of ["root", "user"] as const)
    test.serial(`${call.flag} of ${as}, whatever a sandbox has left at the name`, async (t) => {
      t.timeout(900_000);
      if (!(await needs(t, "root", "user", "userns"))) return;
      const lost: string[] = [];
      for (const [at, trap] of traps.entries())
        if (isSampled(row, at, as)) lost.push(...(await meet(t, call, trap, as)));
      t.deepEqual(lost, []);
    });
