// The text of docs/security/adversary.md: from the tables and the recorded runs. No file is read.
import { join } from "node:path";
import { repository } from "../../helpers/build.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import { attackers, medley } from "./attackers.ts";
import { classes } from "./rights.ts";
import type { Cell, Recorded } from "./types.ts";
import { leftOut, rules, verbNames } from "./verbs.ts";
import { weakenings } from "./weakenings.ts";

export const documentPath = join(repository, "docs/security/adversary.md");

const runtimes: readonly RuntimeName[] = ["coffer", "runc", "crun"];

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const runsOf = (cells: readonly Cell[]): number => cells.reduce((sum, { runs }) => sum + runs, 0);

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

const refusals = ({ results }: Cell): number =>
  Object.entries(results).reduce((sum, [how, count]) => sum + (how.startsWith("refused") ? count : 0), 0);

/** One cell of a table: how often coffer was attacked, how many of these runs ended with an error, who lost. */
function cellText(cells: readonly Cell[]): string {
  const own = cells.find(({ runtime }) => runtime === "coffer");
  if (own === undefined) return "n/a";
  const count = refusals(own) === 0 ? `${own.runs}` : `${own.runs} (${refusals(own)})`;
  const losers = cells.filter(({ held }) => !held).map(({ runtime }) => `**${runtime} lost**`);
  return [count, ...losers].join(", ");
}

function matrixOf(cells: readonly Cell[]): string {
  const verbs = verbNames.filter((verb) => cells.some((cell) => cell.verb === verb));
  const keys = unique(
    cells.filter(({ runtime }) => runtime === "coffer").map(({ attacker, rights }) => `${attacker}\0${rights}`),
  );
  const rows = keys.map((key) => {
    const [attacker = "", rights = ""] = key.split("\0");
    const row = cells.filter((cell) => cell.attacker === attacker && cell.rights === rights);
    return [attacker, rights, ...verbs.map((verb) => cellText(row.filter((cell) => cell.verb === verb)))];
  });
  return tableOf(["attacker", "rights", ...verbs], rows);
}

function summaryOf(cells: readonly Cell[]): string {
  const rows = unique(cells.map(({ attacker }) => attacker)).map((attacker) => [
    escaped(attacker),
    ...runtimes.flatMap((runtime) => {
      const own = cells.filter((cell) => cell.attacker === attacker && cell.runtime === runtime);
      return [`${own.length}`, `${runsOf(own)}`, `${own.filter(({ held }) => !held).length}`];
    }),
  ]);
  const head = runtimes.flatMap((name) => [`${name}: cells`, `runs`, `lost`]);
  return tableOf(["attacker", ...head], rows);
}

function losses(cells: readonly Cell[]): string {
  const lost = cells.filter(({ held }) => !held);
  const groups = unique(lost.map(({ runtime, attacker, rights, as }) => [runtime, attacker, rights, as].join("\0")));
  const rows = groups.map((key) => {
    const own = lost.filter(({ runtime, attacker, rights, as }) => [runtime, attacker, rights, as].join("\0") === key);
    const what = unique(own.flatMap(({ lost: words = [] }) => words.map((word) => word.replaceAll(/\d{3,}/g, "N"))));
    return [...key.split("\0"), own.map(({ verb }) => verb).join(", "), what.slice(0, 6).join("; ")].map(escaped);
  });
  return rows.length === 0 ? "None." : tableOf(["runtime", "attacker", "rights", "as", "verbs", "what was lost"], rows);
}

const originOf = (name: string, run: Recorded | undefined): readonly string[] =>
  run === undefined
    ? [name, "not recorded", "", "", "", "", ""]
    : [
        name,
        run.date,
        run.kernel,
        ...runtimes.map(
          (runtime) => `${run.versions[runtime]}: ${runsOf(run.cells.filter((cell) => cell.runtime === runtime))} runs`,
        ),
        `\`${run.command}\``,
      ];

function insideOf(run: Recorded | undefined): string {
  if (run === undefined) return "Not recorded.";
  const named = run.cells.filter(({ attacker }) => attacker !== medley.name);
  return [
    summaryOf(run.cells),
    "### Called by root",
    matrixOf(named.filter(({ as }) => as === "root")),
    "### Called by an ordinary user",
    matrixOf(named.filter(({ as }) => as === "user")),
    "### All attackers at once, with one capability",
    matrixOf(run.cells.filter(({ attacker }) => attacker === medley.name)),
    "### What was lost",
    losses(run.cells),
  ].join("\n\n");
}

/** The text of docs/security/adversary.md. */
export function renderAdversary(inside: Recorded | undefined): string {
  return `# The adversary

A hostile program attacks while a verb runs, with rights that people really give. Generated from the tables in
test/adversary/matrix and recorded runs; do not edit. The defence matrix ([defence.md](defence.md)) shows known weaknesses
absent. This page shows what an attacker reaches who waits inside a container. [Another page](adversary-beside.md) shows
attackers beside the caller: another user, a hostile project directory, a hostile environment.

A cell holds when, in each of its runs,

- the attacker reached no process of the runtime that has a capability more than the attacker, and none of its memory,
  directories and descriptors;
- the attacker reached no terminal of the caller, no file of root on the host, and no more than its limits;
- the canary of the host (mode 0700), the mounts, kernel parameters, network devices and device nodes of the host are as before;
- the verb ended within 30 s, with the right result or with one clear error;
- nothing is left: no process, cgroup, mount or state.

A number is how often coffer ran the verb in the cell, in brackets how often it ended with an error. The attackers have the lowest priority
of the machine's scheduler (nice 19). The launcher waits 1 s for init instead of 30 s. runc and crun are controls with 2 runs
a cell, in the cells that the record has; single capabilities have 2 runs of coffer too. Other work ran on the machine: a
change of the host at the same moment counts against a cell.

${tableOf(["table", "date", "kernel", "coffer", "runc", "crun", "command"], [originOf("inside", inside)])}

The cells of \`sandbox --fence\` were recorded on 2026-11-30, with commit e04ce14f and 10 runs each: \`--rounds 10
--classes --rights none,bind --verbs "sandbox --fence,delete"\`, as root and as a user. In 2 of the 34 cells another run on the machine
changed network devices meanwhile; these two were run again.

## Attackers

${tableOf(
  ["attacker", "what it does"],
  [...attackers, medley].map(({ name, text }) => [name, escaped(text)]),
)}

## Rights

${tableOf(
  ["rights", "what the attacker has"],
  [
    ...classes.map(({ name, text }) => [name, escaped(text)]),
    ["CAP_X", "a user namespace and one capability"],
    ["docker + CAP_X", "docker's capabilities and one more, no user namespace: `--cap-add`"],
  ],
)}

## Cells that are left out

${tableOf(
  ["cells", "why"],
  [...rules, ...leftOut].map(({ what, why }) => [escaped(what), escaped(why)]),
)}

## Findings

What the first runs of this table found, and what became of it:

- \`exec\` in a container with CAP_SYS_PTRACE and without a user namespace: the process that joins was seen with every capability of
  its caller ([advisory 0015](../advisories/0015-seen-with-rights.md)). Mended: init forks into the container last.
- \`create\`, \`run\` of a container in a pod with a debugger: the process that makes the tree was seen in the same way. Mended from Linux 6.17
  on, where no hook gets the pid of the process: init forks last there too.
- \`delete\` of a container that may write to its cgroups of version 1: the container froze itself, and no hierarchy that was killed before the
  freezer's became empty. Mended: the freezer's cgroup comes first ([advisory 0016](../advisories/0016-frozen-by-itself.md)).

## Inside

${insideOf(inside)}

## Builds with a defence taken out

A check that cannot fail shows nothing. Each attacker turns its cells red with one of these builds
(test/adversary/matrix/weakenings.ts, in every nightly run).

${tableOf(
  ["attacker", "rights", "verb", "what is taken out"],
  weakenings.map(({ attacker, rights, verb, name }) => [attacker, rights, verb, escaped(name)]),
)}
`;
}
