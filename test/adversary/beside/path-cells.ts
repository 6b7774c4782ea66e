// Cells about what flags name: another user exchanges it, or has put something odd there.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import type { Build } from "../../defence/matrix/types.ts";
import { has } from "../../helpers/needs.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import type { Attack } from "./attack.ts";
import { attack, isWhole, staticRuns } from "./attack.ts";
import { calls, finish, prepare } from "./calls.ts";
import type { Field } from "./field.ts";
import { anothers, leftOf, makeField } from "./field.ts";
import type { Oddity } from "./oddities.ts";
import type { PathRow } from "./path-rows.ts";
import { commandFor, makeObject, makeShared, needsLive, pathRows } from "./path-rows.ts";
import type { Caller } from "./types.ts";

/** A flag, the verb that has it, and who calls. */
export type Case = { readonly row: PathRow; readonly verb: VerbName; readonly as: Caller };

const isOf = (verb: VerbName, as: Caller): boolean => (calls[verb].only ?? as) === as;
/** Every flag that names a file of the host, with every verb and caller. */
export const cases: readonly Case[] = pathRows.flatMap((row) =>
  row.verbs.flatMap((verb) =>
    (["root", "user"] as const).filter((as) => isOf(verb, as)).map((as) => ({ row, verb, as })),
  ),
);
/** Whether the machine has what a verb needs. */
export const canRun = async (verb: VerbName): Promise<boolean> =>
  !["checkpoint", "restore"].includes(verb) || (await has("criu"));

/** How names are exchanged: makes the two, and gives the path that the verb gets. */
type Exchange = (
  t: ExecutionContext,
  field: Field,
  row: PathRow,
) => Promise<{ readonly path: string; readonly race: readonly [string, string] }>;

/** A name that the vault has too: a file, or a directory. */
const nameOf = ({ kind }: PathRow): string => (["read", "written", "plan", "socket"].includes(kind) ? "file" : "inner");

function openTo(field: Field, path: string): void {
  execFileSync("chown", [`${field.as === "user" ? "coffer-test" : "root"}`, path]);
  execFileSync("chmod", ["777", path]);
}

/** The ways to exchange names. */
export const exchanges: Readonly<Record<string, Exchange>> = {
  "exchanges the parent for a directory": async (t, field, row) => {
    const race = [join(field.parent, "one"), join(field.parent, "two")] as const;
    for (const at of race) {
      mkdirSync(at);
      openTo(field, at);
      await makeObject(t, field, row, join(at, nameOf(row)));
    }
    return { path: join(race[0], nameOf(row)), race };
  },
  "exchanges the parent for a link": async (t, field, row) => {
    const race = [join(field.parent, "one"), join(field.parent, "two")] as const;
    mkdirSync(race[0]);
    openTo(field, race[0]);
    await makeObject(t, field, row, join(race[0], nameOf(row)));
    link(field.vault, race[1]);
    return { path: join(race[0], nameOf(row)), race };
  },
  "exchanges the name for a link": async (t, field, row) => {
    const race = [join(field.parent, "one"), join(field.parent, "two")] as const;
    await makeObject(t, field, row, race[0]);
    if (row.kind === "written") execFileSync("touch", [race[0]]);
    link(join(field.vault, nameOf(row)), race[1]);
    return { path: race[0], race };
  },
};

function link(to: string, at: string): void {
  execFileSync("ln", ["-s", to, at]);
  execFileSync("chown", ["-h", `${anothers}`, at]);
}

/** Escapes a path for a regular expression. */
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

async function open(t: ExecutionContext, { row, verb, as }: Case, build: Build, runtime?: RuntimeName): Promise<Field> {
  const patch = row.terminal && verb !== "restore" ? { "/process/terminal": true } : {};
  const field = makeField(t, as, patch, build, runtime);
  if (runtime !== undefined && runtime !== "coffer") return field;
  await makeShared(field);
  await prepare(field, needsLive(row, verb));
  return field;
}

/** A log is of a verb that fails. Whoever gets a terminal here closes it: the kernel hangs the program up. */
function expected({ flag }: PathRow): Pick<Attack, "status" | "also"> {
  if (flag === "--log") return { status: 1 };
  if (flag !== "--console-socket") return {};
  return { also: ({ status, text }) => status === 129 || /\/terminal: .*\((?:EIO|ENOENT)\)/.test(text) };
}

/** Runs a verb while what its flag names is exchanged. Tells what was lost. */
export async function meetExchange(
  t: ExecutionContext,
  how: string,
  one: Case,
  build: Build = {},
  runtime: RuntimeName = "coffer",
): Promise<readonly string[]> {
  const { row, verb, as } = one;
  const exchange = exchanges[how];
  if (exchange === undefined) throw new Error(`there is no way to exchange that is called ${how}`);
  const field = await open(t, one, build, runtime);
  const { path, race } = await exchange(t, field, row);
  const lost = await attack(t, field, {
    attacker: `${how}: ${row.flag}`,
    rights: "owns the parent",
    verb,
    as,
    runs: isWhole ? 20 : 4,
    argv: commandFor(field, row, verb, path),
    race,
    names: new RegExp(`${escaped(field.parent)}|${row.flag}|/root/|state root|console socket`),
    ...expected(row),
  });
  await finish(field);
  return [...lost, ...(await leftOf(field))];
}

/** Runs a verb with something odd where its flag leads to. Tells what was lost. */
export async function meetOddities(
  t: ExecutionContext,
  one: Case,
  odd: readonly Oddity[],
  build: Build = {},
): Promise<readonly string[]> {
  const { row, verb, as } = one;
  const field = await open(t, one, build);
  const lost: string[] = [];
  const path = join(field.parent, "odd");
  for (const { what, make } of odd) {
    const named = await make(t, field, path);
    const argv = commandFor(field, row, verb, named ?? path);
    const attacker = `has put ${what}: ${row.flag}`;
    const runs = isWhole ? staticRuns : 1;
    lost.push(
      ...(await attack(t, field, { attacker, rights: "owns the parent", verb, as, runs, argv, ...expected(row) })),
    );
    rmSync(path, { recursive: true, force: true });
  }
  await finish(field);
  return [...lost, ...(await leftOf(field))];
}
