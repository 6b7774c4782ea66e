// The text of docs/security/defence.md: from the catalogue, the recorded runs and the table of weakened builds. No file is read but
// the records.
import { catalogue } from "../catalogue.ts";
import { weakenedBuilds } from "../weakened.ts";
import { readRecorded } from "./recorded.ts";
import type { Group, Recorded, Result, Row, RuntimeName } from "./types.ts";
import { runtimeNames } from "./types.ts";

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const linkTo = (file: string, words = file.slice(file.lastIndexOf("/") + 1)): string =>
  `[${escaped(words)}](../../${file})`;

/** Footnotes of one group, numbered as they come; the same words are one note. */
function makeNotes(letter: string) {
  const notes: string[] = [];
  const mark = (text: string): string => {
    const known = notes.indexOf(text);
    const number = known < 0 ? notes.push(text) : known + 1;
    return `[^${letter.toLowerCase()}${number}]`;
  };
  const text = (): string =>
    notes.map((note, index) => `[^${letter.toLowerCase()}${index + 1}]: ${escaped(note)}`).join("\n");
  return { mark, text };
}

type Notes = ReturnType<typeof makeNotes>;

/** A verdict that a run has given. */
function verdictCell(name: RuntimeName, { verdicts, notes: words }: Result, row: Row, notes: Notes): string {
  const [verdict, said = ""] = [verdicts[name], words[name] ?? ""];
  if (verdict === "n/a") return `n/a${notes.mark(said)}`;
  if (verdict === "held") return said.startsWith("refused") ? "held: refused" : "held";
  const reason = name === "coffer" ? row.let : row.control;
  return `**fails**${notes.mark(reason === undefined ? said : `${said}. ${reason}`)}`;
}

const fromRecord = (result: Result | undefined, row: Row, notes: Notes): readonly string[] =>
  runtimeNames.map((name) => (result === undefined ? "not recorded" : verdictCell(name, result, row, notes)));

/** The three cells of a row. */
function cells(row: Row, matrix: Recorded | undefined, races: Recorded | undefined, notes: Notes): readonly string[] {
  const { show } = row;
  switch (show.how) {
    case "attempt":
      return fromRecord(matrix?.rows[row.id], row, notes);
    case "race":
      return fromRecord(races?.rows[show.race], row, notes).map((cell) =>
        cell.replace(/^held$/, "held: [race](#races)"),
      );
    case "test":
      return [`held: ${linkTo(show.file, "test")}`, "–", "–"];
    case "impossible":
      return [`impossible${notes.mark(show.why)}`, "–", "–"];
    case "not applicable":
      return [`n/a${notes.mark(show.why)}`, "–", "–"];
    case "guest":
      return show.file === undefined
        ? [`not shown yet${notes.mark(show.why)}`, "–", "–"]
        : [`held: ${linkTo(show.file, "guest")}${notes.mark(show.why)}`, "–", "–"];
  }
}

function section(group: Group, matrix: Recorded | undefined, races: Recorded | undefined): string {
  const notes = makeNotes(group.letter);
  const rows = group.rows.map((row, index) => [
    `${group.letter}${index + 1}`,
    escaped(row.id),
    escaped(row.cause),
    row.rules.join(" "),
    ...cells(row, matrix, races, notes),
    row.by.map((file) => linkTo(file)).join(", "),
  ]);
  const head = ["", "class", "cause", "rule", ...runtimeNames, "kept out by"];
  return [`## ${group.letter}. ${group.title}`, tableOf(head, rows), notes.text()]
    .filter((part) => part !== "")
    .join("\n\n");
}

const kinds = ["held", "fails", "impossible", "n/a", "not shown yet"] as const;

/** How many rows of a group say what of coffer. */
function counts(group: Group, matrix: Recorded | undefined, races: Recorded | undefined): readonly string[] {
  const all = group.rows.map((row) => cells(row, matrix, races, makeNotes(group.letter)));
  const count = (column: number, kind: string): number =>
    all.filter((row) => row[column]?.replaceAll("*", "").startsWith(kind)).length;
  const own = kinds.map((kind) => String(count(0, kind)));
  return [`${group.letter}. ${group.title}`, ...own, String(count(1, "fails")), String(count(2, "fails"))];
}

/** The origins of recorded rows, each once with the number of its rows. */
function origins(name: string, recorded: Recorded | undefined): readonly (readonly string[])[] {
  const all = Object.values(recorded?.rows ?? {}).map(({ of }) => [of.date, of.kernel, of.runc, of.crun].join("|"));
  return [...new Set(all)].sort().map((origin) => {
    const count = all.filter((one) => one === origin).length;
    return [`${count} ${name}`, ...origin.split("|")];
  });
}

const raceRows = (races: Recorded | undefined): readonly (readonly string[])[] =>
  Object.entries(races?.rows ?? {}).map(([name, { verdicts, notes }]) => [
    name,
    ...runtimeNames.map((runtime) => `${verdicts[runtime]}: ${escaped(notes[runtime] ?? "")}`),
  ]);

const weakenedRows = weakenedBuilds.map(({ name, fixture, red }) => [
  fixture,
  escaped(name),
  red.map(escaped).join("; "),
]);

const aloneRows = catalogue.flatMap(({ letter, rows }) =>
  rows.flatMap(({ alone }, index) => (alone === undefined ? [] : [`- ${letter}${index + 1}: ${alone}`])),
);

/** The text of docs/security/defence.md. */
export function renderDefence(): string {
  const [matrix, races] = [readRecorded("matrix"), readRecorded("races")];
  const summary = tableOf(
    ["group", ...kinds.map((kind) => `coffer: ${kind}`), "runc: fails", "crun: fails"],
    catalogue.map((group) => counts(group, matrix, races)),
  );
  const runs = [...origins("rows", matrix), ...origins("races", races)];
  return `# The defence matrix

This page lists every known class of weakness of container runtimes. It says whether coffer has it, and how this is shown. runc and
crun are put through the same attempts as controls. Generated from test/defence/catalogue.ts and recorded runs; do not edit.
The rules R1 to R14 are those of [SECURITY.md](../../SECURITY.md).

- **held**: tried, and nothing of the host changed and all that was to hold held; *refused*: no container was made, in one
  line and at once. *test*: shown by a test that exists for another reason too. *guest*: shown on another machine.
- **fails**: what was to hold did not. A runtime may mean it so: the notes say why. Where coffer fails and is let, too.
- **impossible**: there is no code in which it could occur. **n/a**: it is about something that the runtime does not do.

The rows observe a host directory (CANARY), the host's mounts and parameters, and what a program inside can see. No row harms the host if the runtime fails it. \`npx ava test/defence\` runs them and compares the outcomes with the recorded ones;
\`UPDATE_DEFENCE=1 npx ava test/defence/matrix.test.ts\` (and \`races.test.ts\`) records them again.

The columns of runc and crun are of the versions below. Another version may do otherwise: a run of the tests asks the runc and
crun that are installed, and logs where they differ. Only what coffer does otherwise fails a test.

${tableOf(["recorded", "date", "kernel", "runc", "crun"], runs)}

${summary}

${catalogue.map((group) => section(group, matrix, races)).join("\n\n")}

## Races

Two names are exchanged by renameat2(RENAME_EXCHANGE) without a pause while containers are made. *right*: the container is
as if nothing had been exchanged; *clean error*: one line, with op and errno, and nothing left.

${tableOf(["what is exchanged", ...runtimeNames], raceRows(races))}

## Weakened builds

A check that cannot fail shows nothing. Each row that is tried fails under runc or crun above, or in a weakened coffer of this table.
test/defence/weakened.ts and weakened-planner.ts remove one defence at a time from the helper, the planner or the front, or let the
config ask for less. The named rows must then turn red, and do in every nightly run. If another layer rejects the attempt instead,
that is a failure too: the row needs its own reason.

${tableOf(["fixture", "what is taken out", "what turns red"], weakenedRows)}

Known to fail by itself:

${aloneRows.join("\n")}
`;
}
