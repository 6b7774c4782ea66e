// The completion scripts, in the shells themselves: what each offers is what the verb table has.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { globalOptions, signals, spellings, subcommands } from "../../../packages/cli/src/completion/model.ts";
import { shells } from "../../../packages/cli/src/table/groups.ts";
import { command } from "../../helpers/command.ts";
import { needs } from "../../helpers/needs.ts";
import { cofferArgv } from "../../helpers/peers/runtimes.ts";

type Shell = (typeof shells)[number];

const drivers: Readonly<Record<Shell, (script: string, work: string) => readonly string[]>> = {
  bash: (script) => ["bash", "--norc", join(import.meta.dirname, "complete.bash"), script],
  fish: (script) => ["fish", "--no-config", join(import.meta.dirname, "complete.fish"), script],
  zsh: (script, work) => ["zsh", "-f", join(import.meta.dirname, "complete.zsh"), script, work],
};

/** A `coffer` that has two containers for one state directory, and names that are no ids. */
const stub = `#!/bin/sh
case "$*" in
"list -q") printf '%s\\n' web-1 db.2 '$(touch evil)' 'two words' ;;
"--root=/state list -q") printf '%s\\n' other ;;
*) echo "called with: $*" >>called ;;
esac
`;

interface Offered {
  readonly work: string;
  readonly offers: readonly (readonly string[])[];
}

/** What a shell offers at the end of each line. */
async function offered(t: ExecutionContext, shell: Shell, lines: readonly string[]): Promise<Offered> {
  const work = mkdtempSync(join(tmpdir(), "cft-completion-"));
  t.teardown(() => rmSync(work, { recursive: true, force: true }));
  const script = join(work, `coffer.${shell}`);
  writeFileSync(script, (await command([...cofferArgv(), "completion", shell])).stdout);
  mkdirSync(join(work, "bin"));
  writeFileSync(join(work, "bin/coffer"), stub);
  chmodSync(join(work, "bin/coffer"), 0o755);
  mkdirSync(join(work, "bundles"));
  writeFileSync(join(work, "budget.json"), "");
  const env = { PATH: [join(work, "bin"), "/usr/bin", "/bin"].join(delimiter), HOME: work, TERM: "dumb" };
  const argv = [...drivers[shell](script, work), ...lines];
  const { stdout, stderr, exitCode } = await command(argv, { cwd: work, env, timeoutMs: 120_000 });
  t.is(stderr, "");
  t.is(exitCode, 0);
  const offers = stdout.split(/^---\n/m).map((text) => text.split("\n").filter((line) => line !== ""));
  return { work, offers };
}

const sorted = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();

/** zsh also offers its own word `-` where a command may stand. */
const flagsIn = (words: readonly string[]): readonly string[] => sorted(words.filter((word) => word !== "-"));

for (const shell of shells) {
  test.serial(`${shell}: every verb and every flag of the table is offered`, async (t) => {
    if (!(await needs(t, shell))) return;
    const lines = ["coffer ", "coffer help ", "coffer -", ...subcommands.map(({ name }) => `coffer ${name} -`)];
    const { offers } = await offered(t, shell, lines);
    const names = subcommands.map(({ name }) => name);
    t.deepEqual(sorted(offers[0] ?? []), sorted([...names, "help"]));
    t.deepEqual(
      sorted(offers[1] ?? []).filter((name) => name !== "help"),
      sorted(names),
    );
    t.deepEqual(sorted(offers[2] ?? []), sorted(globalOptions.flatMap(spellings)));
    for (const [index, { name, options }] of subcommands.entries()) {
      const flags = [...options, ...globalOptions].flatMap(spellings);
      t.deepEqual(flagsIn(offers[index + 3] ?? []), sorted(flags), name);
    }
  });

  test.serial(`${shell}: words and values are offered by their kind`, async (t) => {
    if (!(await needs(t, shell))) return;
    const rows: readonly (readonly [line: string, expected: readonly string[]])[] = [
      ["coffer delete ", ["web-1", "db.2"]],
      ["coffer delete --force w", ["web-1"]],
      ["coffer --root /state delete ", ["other"]],
      ["coffer delete --root=/state ", ["other"]],
      ["coffer delete web-1 w", []],
      ["coffer create ", []],
      ["coffer kill web-1 ", signals],
      ["coffer kill --all web-1 TE", ["TERM"]],
      ["coffer list --format ", ["json", "table"]],
      ["coffer list -f j", ["json"]],
      ["coffer completion ", shells],
      ["coffer run --bundle bu", ["bundles"]],
      ["coffer run --pid-file bud", ["budget.json"]],
      ["coffer exec web-1 -", []],
      ["coffer sandbox -- setpri", ["setpriv"]],
      ["coffer sandbox setpri", ["setpriv"]],
      ["coffer sandbox --rw -- cat bud", ["budget.json"]],
    ];
    const { work, offers } = await offered(
      t,
      shell,
      rows.map(([line]) => line),
    );
    const bare = (word: string): string => word.replace(/\/$/, "");
    for (const [index, [line, expected]] of rows.entries())
      t.deepEqual(sorted((offers[index] ?? []).map(bare)), sorted(expected), line);
    t.false(existsSync(join(work, "evil")));
    t.false(existsSync(join(work, "called")));
  });

  test.serial(`${shell}: a value behind = is completed`, async (t) => {
    if (!(await needs(t, shell))) return;
    const { offers } = await offered(t, shell, [
      "coffer list --format=j",
      "coffer run --bundle=bu",
      "coffer audit --fail-on=",
    ]);
    const value = (word: string): string => word.replace(/^--[\w-]+=/, "").replace(/\/$/, "");
    t.deepEqual(sorted((offers[0] ?? []).map(value)), ["json"]);
    t.deepEqual(sorted((offers[1] ?? []).map(value)), ["bundles"]);
    t.deepEqual(sorted((offers[2] ?? []).map(value)), sorted(["critical", "high", "low", "medium", "note"]));
  });
}
