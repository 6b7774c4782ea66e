// Prints the answers and writes docs/performance.md.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { repository } from "../test/helpers/build.ts";
import { spread } from "./plot/spread.ts";
import type { Answer, Bound } from "./sample.ts";

const shown = (value: number): string => (value < 10 ? value.toFixed(3) : String(Math.round(value)));

const holds = (bound: Bound): boolean => bound.value <= bound.limit;

function boundLine(bound: Bound): string {
  const verdict = holds(bound) ? "pass" : "FAIL";
  return `${verdict}: ${bound.what}: ${shown(bound.value)}${bound.unit}, at most ${shown(bound.limit)}${bound.unit}`;
}

function table(answer: Answer): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = row(answer.columns.map((_column, index) => (index === 0 ? "---" : "---:")));
  return [row(answer.columns), rule, ...answer.rows.map(row)].join("\n");
}

/** The file of an answer's picture, in docs/performance. */
const fileOf = ({ title }: Answer): string =>
  `${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")}.svg`;

const pictureOf = ({ title, samples, picture }: Answer): string | undefined =>
  picture ?? (samples === undefined ? undefined : spread(title, samples));

function section(answer: Answer): string {
  const bounds = answer.bounds.map((bound) => `- ${boundLine(bound)}`);
  const shows = pictureOf(answer) === undefined ? [] : [`![${answer.title}](performance/${fileOf(answer)})`];
  const parts = [`## ${answer.title}`, answer.note, ...shows, table(answer)];
  return [...parts, ...(bounds.length > 0 ? [bounds.join("\n")] : [])].join("\n\n");
}

/** Writes a document and its pictures, those of earlier runs removed. */
function writeAll(document: string, text: string, answers: readonly Answer[]): void {
  const folder = join(repository, "docs", document);
  writeFileSync(`${folder}.md`, text);
  rmSync(folder, { recursive: true, force: true });
  if (answers.every((answer) => pictureOf(answer) === undefined)) return;
  mkdirSync(folder);
  for (const answer of answers) {
    const drawn = pictureOf(answer);
    if (drawn !== undefined) writeFileSync(join(folder, fileOf(answer)), drawn);
  }
}

function versionOf(argv: readonly string[]): string {
  const [file = "", ...args] = argv;
  return execFileSync(file, args, { encoding: "utf8" }).split("\n")[0] ?? "";
}

/** The command that this run is of. */
function called(): string {
  const words = process.argv.slice(2).filter((word) => word !== "--inside");
  return ["npm run bench", ...(words.length === 0 ? [] : ["--", ...words])].join(" ");
}

function machine(): string {
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  const peers = [
    ["crun", "--version"],
    ["runc", "--version"],
    ["bwrap", "--version"],
  ]
    .map(versionOf)
    .join(", ");
  const processors = cpus();
  return [
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${processors.length} × ${processors[0]?.model ?? "unknown"}, ${Math.round(Number(memory) / 1048576)} GiB, Linux ${release()}`,
    `- Peers: ${peers}; Node ${process.version}`,
    `- Command: \`${called()}\`. Commands alternate within each round (A B C A B C …),`,
    "  in a private mount namespace whose only cgroup hierarchy is v2, and whose `/run` is a tmpfs. The ratio is the median of the rounds' ratios.",
  ].join("\n");
}

/** Prints all answers, writes a document of docs/ and its pictures if asked, and tells whether every bound holds. */
export function report(answers: readonly Answer[], write: boolean, document = "performance"): boolean {
  const body = answers.map(section).join("\n\n");
  const title = document === "performance" ? "Performance" : "Speed of a sandbox";
  const text = `# ${title}\n\nWritten by \`npm run bench\`; do not edit.\n\n${machine()}\n\n${body}\n`;
  if (write) writeAll(document, text, answers);
  console.log(body);
  const bounds = answers.flatMap((answer) => answer.bounds);
  console.log(`\n${bounds.filter(holds).length} of ${bounds.length} bounds hold`);
  return bounds.every(holds);
}
