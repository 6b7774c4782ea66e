// `npm test -- --changed`: the test files that a change touches. A test touches the files that it imports, directly or not.
// What starts a program is found by the table: there the change is in what was built.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./run.mjs";

/** A folder, and the beginnings of the names of its tests, besides those that import it. All rows of a file count. */
const table = [
  ["packages/spec/src/", "test/bad-input/"],
  ["packages/core/src/plan/", "test/conformance/"],
  ["packages/core/src/plan/cgroup/", "test/resources/"],
  ["packages/core/src/plan/criu/", "test/lifecycle/checkpoint"],
  ["packages/core/src/plan/join/", "test/lifecycle/exec"],
  ["packages/core/src/seccomp/", "test/seccomp/live", "test/defence/denied-calls"],
  ["packages/core/src/plan/tree/", "test/defence/escape", "test/defence/mount-changes"],
  ["packages/core/src/runtime/", "test/lifecycle/"],
  ["packages/core/src/criu/", "test/lifecycle/checkpoint", "test/defence/checkpoint"],
  ["packages/core/src/exposure/", "test/policy/", "test/cli/audit"],
  ["packages/core/src/audit/", "test/cli/audit"],
  ["packages/core/src/policy/", "test/policy/", "test/cli/policy"],
  ["packages/core/src/system/", "test/api/", "test/lifecycle/"],
  ["packages/core/src/api/", "test/api/"],
  ["packages/cli/", "test/cli/"],
  ["helper-c/", "test/helper/", "test/conformance/"],
  ["helper-c/plan/", "packages/core/src/verify/", "test/model/"],
  ["helper-c/satellite/", "test/defence/satellites"],
  ["test/probe/", "test/conformance/"],
  ["docs/", "test/support/"],
  ["scripts/", "test/support/"],
];

const git = (...words) =>
  execFileSync("git", words, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const lines = (text) => text.split("\n").filter(Boolean);

/** What differs from the branch `main`, from the last commit, and what git does not know yet. */
function changedFiles() {
  const base = () => {
    try {
      return git("merge-base", "HEAD", "main").trim();
    } catch {
      return "HEAD";
    }
  };
  const names = [
    ...lines(git("diff", "--name-only", base())),
    ...lines(git("ls-files", "--others", "--exclude-standard")),
  ];
  return [...new Set(names)];
}

/** The files of this repository that a file imports by a relative name. */
function importsOf(file) {
  const text = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, name]) => name);
  return names.map((name) => relative(root, join(root, dirname(file), name)));
}

/** The files of this repository by a pattern of git, also those that git does not know yet. */
export const known = (glob) => lines(git("ls-files", "--cached", "--others", "--exclude-standard", glob));

/** The changed files, and all that import one of them. */
export function importersOf(changed) {
  const imports = [...known("*.ts"), ...known("*.mjs")].map((file) => [file, importsOf(file)]);
  const found = new Set(changed);
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [file, names] of imports) if (names.some((name) => found.has(name))) found.add(file);
  }
  return found;
}

/** The test files that a list of changed files touches; without a list what git says is changed. Guests and engines are not run. */
export function touched(changed = changedFiles()) {
  const found = importersOf(changed);
  const prefixes = table.filter(([from]) => changed.some((file) => file.startsWith(from))).flatMap(([, ...to]) => to);
  const tests = known("*.test.ts").filter((file) => !/^test\/(vm|clients)\//.test(file));
  return tests.filter((file) => found.has(file) || prefixes.some((prefix) => file.startsWith(prefix)));
}
