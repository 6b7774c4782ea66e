// Cells about what surrounds a call.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import type { Build } from "../../defence/matrix/types.ts";
import { attack, isWhole, staticRuns } from "./attack.ts";
import { calls, commandOf, finish, prepare } from "./calls.ts";
import type { Condition } from "./conditions.ts";
import { marksOf } from "./conditions.ts";
import type { Field } from "./field.ts";
import { leftOf, makeField } from "./field.ts";
import type { Caller, Ended } from "./types.ts";

/** What was run that was nobody's to run. */
function marked(field: Field): readonly string[] {
  const path = marksOf(field);
  return readFileSync(path, "utf8") === "" ? [] : [`programs of the attacker ran: ${readFileSync(path, "utf8")}`];
}

async function meet(
  t: ExecutionContext,
  field: Field,
  condition: Condition,
  verb: VerbName,
): Promise<readonly string[]> {
  const call = calls[verb];
  const { attacker, of, wrap, cwd, mute, refuses } = condition;
  const wrong = ({ status, text }: Ended): string | undefined =>
    attacker === "nobody" && status !== 0 ? `it fails without an attacker: ${text}` : undefined;
  return attack(t, field, {
    attacker,
    rights: of,
    verb,
    as: field.as,
    runs: attacker === "nobody" ? 1 : isWhole ? staticRuns : 1,
    argv: commandOf(field, verb, call, call.args, wrap?.(field)),
    cwd: cwd?.(field) ?? field.base,
    ...(mute ? { mute } : {}),
    ...(refuses ? {} : { works: true as const }),
    wrong,
  });
}

/** Calls verbs in what surrounds them. Tells what was lost. */
export async function meetCondition(
  t: ExecutionContext,
  condition: Condition,
  as: Caller,
  verbs: readonly VerbName[],
  build: Build = {},
): Promise<readonly string[]> {
  const field = makeField(t, as, {}, build);
  writeFileSync(marksOf(field), "");
  chmodSync(marksOf(field), 0o666);
  condition.make?.(field);
  await prepare(
    field,
    verbs.some((verb) => calls[verb].live === true),
  );
  const lost: string[] = [];
  for (const verb of verbs) lost.push(...(await meet(t, field, condition, verb)));
  await finish(field);
  const planted = readdirSync(field.parent).map((name) => `in the directory of another user: ${name}`);
  return [...lost, ...marked(field), ...planted, ...(await leftOf(field))];
}
