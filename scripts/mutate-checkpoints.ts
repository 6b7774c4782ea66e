// Takes each refusal of a checkpoint out of a copy of the sources, and turns each condition round, one at a time: the unit
// tests must fail every time. `node scripts/mutate-checkpoints.ts` prints what survived, and the score.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const rooms = ["read", "judge"].map((room) => `packages/core/src/criu/${room}`);
const extra = ["packages/core/src/criu/mountinfo.ts", "packages/core/src/system/node/files/dir.ts"];

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly text: string;
}

/** What can be taken out of a line, or turned round: each match is a mutant. */
const changes: readonly (readonly [what: string, found: RegExp, instead: string])[] = [
  ["never", /if \((?=.*throw|.*return (?:\[?[`"]|undefined|file))/, "if (false && "],
  ["never, over lines", /^(\s*)throw new ImageError/, "$1void new ImageError"],
  ["no message", /\[`[^`]*`\]|\["[^"]* [^"]*"\]/, "[]"],
  ["no message, of one", /(?<=[?:] |return )`[^`]* [^`]*`|(?<=[?:] |return )"[^"]* [^"]*"/, "undefined"],
  ["not spread", /\.\.\.check\w+\((?:[^()]|\([^()]*\))*\)/, ""],
  ["equal", / !== /, " === "],
  ["unequal", / === /, " !== "],
  ["or", / && /, " || "],
  ["and", / \|\| /, " && "],
];

function mutantsOf(file: string): readonly Mutant[] {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (/^\s*(?:\/\/|\/?\*|import |export type|export \{)/.test(line)) return [];
    return changes.flatMap(([what, found, instead]): readonly Mutant[] => {
      const changed = line.replace(found, instead);
      if (changed === line) return [];
      const text = [...lines.slice(0, index), changed, ...lines.slice(index + 1)].join("\n");
      return [{ file, line: index + 1, what, text }];
    });
  });
}

/** A copy of the sources in which the tests run. */
function copySources(): string {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  for (const name of ["packages", "node_modules", "package.json", "ava.config.js"])
    if (name === "node_modules") symlinkSync(join(root, name), join(copy, name));
    else
      cpSync(join(root, name), join(copy, name), {
        recursive: true,
        filter: (path) => !/\/(?:dist|bundle)$/.test(path),
      });
  return copy;
}

/** Whether the tests pass: those of the room that the file is in. */
function run(copy: string, file: string): boolean {
  const room = rooms.find((one) => file.startsWith(one));
  const tests =
    room === undefined ? ["packages/core/src/criu/*.test.ts", `${rooms[0]}/*.test.ts`] : [`${room}/*.test.ts`];
  const { status } = spawnSync(join(root, "node_modules/.bin/ava"), ["--fail-fast", ...tests], {
    cwd: copy,
    stdio: "ignore",
    timeout: 120_000,
  });
  return status === 0;
}

const files = [
  ...rooms.flatMap((room) =>
    readdirSync(join(root, room))
      .filter((name) => !name.endsWith(".test.ts"))
      .map((name) => `${room}/${name}`),
  ),
  ...extra,
].filter((file) => process.argv.length <= 2 || process.argv.slice(2).some((word) => file.includes(word)));
const copy = copySources();
let survived = 0;
let total = 0;
try {
  if (![...rooms, ""].every((room) => run(copy, room))) throw new Error("the tests fail without any change");
  for (const file of files) {
    for (const { line, what, text } of mutantsOf(file)) {
      writeFileSync(join(copy, file), text);
      total += 1;
      if (!run(copy, file)) continue;
      survived += 1;
      console.log(`survived: ${file}:${line} ${what}: ${text.split("\n")[line - 1]?.trim()}`);
    }
    cpSync(join(root, file), join(copy, file));
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${total - survived} of ${total} mutants were found`);
process.exitCode = survived === 0 ? 0 : 1;
