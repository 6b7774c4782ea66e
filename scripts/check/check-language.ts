// Checks that Markdown and comments are plain English: no sentence over 30 words outside of tables and code, and none of
// the phrases of `banned`. Prints the share of sentences over 25 words.
//
//   node scripts/check/check-language.ts            all files; exit status 1 if one fails
//   node scripts/check/check-language.ts FILE...    these files, with every sentence over 25 words
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commentLines } from "./language/comments.ts";
import { countWords, join, markdownLines, sentencesOf } from "./language/sentences.ts";

const limit = 30;
const goal = 25;

/** Texts of others, and files that are made from other files. */
const skipped = /(^|\/)test-data\/|\.gen\.|^test\/golden\/|^docs\/develop\/dictionary\.md$/;

/** Phrases of a translation (the house style asks for a noun, or for the field's word). */
const banned: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, "again, new"],
  [/\bas \w+ ha(?:s|ve) (?:it|them)\b/i, "as in X, like X"],
  [/\bthere is none\b|\bthere are none\b/i, "if missing, does not exist"],
  [/\bpassed over\b|\bpasses over\b/i, "is ignored, is skipped"],
  [/\bsays nothing\b/i, "sends nothing, has no value"],
  [/\bis told\b|\bare told\b/i, "gets, is reported"],
  [/\bthat which\b/i, "a noun"],
];

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly words: number;
  readonly message: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

function trackedFiles(): readonly string[] {
  const text = execFileSync("git", ["ls-files", "*.md", "*.ts", "*.mjs", "*.c", "*.h", "*.sh"], { cwd: root });
  return text
    .toString()
    .trim()
    .split("\n")
    .filter((path) => !skipped.test(path));
}

function proseOf(file: string): readonly (string | undefined)[] {
  const text = readFileSync(file.startsWith("/") ? file : root + file, "utf8");
  return file.endsWith(".md") ? markdownLines(text) : commentLines(text, file.endsWith(".sh"));
}

/** Every sentence over 25 words, and every banned phrase; and how many sentences there are. */
function check(file: string): { readonly findings: readonly Finding[]; readonly sentences: number } {
  const lines = proseOf(file);
  const sentences = sentencesOf(join(lines));
  const long = sentences
    .map(({ line, text }) => ({ file, line, words: countWords(text), message: text }))
    .filter(({ words }) => words > goal);
  const phrases = lines.flatMap((text, index) =>
    banned
      .filter(([pattern]) => text !== undefined && pattern.test(text))
      .map(([pattern, better]): Finding => {
        const found = pattern.exec(text ?? "")?.[0] ?? "";
        return { file, line: index + 1, words: 0, message: `"${found}": write ${better}` };
      }),
  );
  return { findings: [...long, ...phrases], sentences: sentences.length };
}

const isWrong = ({ words }: Finding): boolean => words === 0 || words > limit;

const print = ({ file, line, words, message }: Finding): void =>
  console.error(`${file}:${line}: ${words === 0 ? "" : `${words} words: `}${message}`);

function report(files: readonly string[], isShown: (finding: Finding) => boolean): void {
  const results = files.map(check);
  const findings = results.flatMap((result) => result.findings);
  const total = results.reduce((sum, { sentences }) => sum + sentences, 0);
  const long = findings.filter(({ words }) => words > goal).length;
  for (const finding of findings.filter(isShown)) print(finding);
  const wrong = findings.filter(isWrong).length;
  const share = ((100 * long) / Math.max(total, 1)).toFixed(1);
  console.log(`${files.length} files, ${total} sentences: ${share} % over ${goal} words, ${wrong} faults`);
  process.exitCode = wrong === 0 ? 0 : 1;
}

const words = process.argv.slice(2);
if (words.length > 0) report(words, () => true);
else report(trackedFiles(), isWrong);
