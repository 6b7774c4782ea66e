// The sizes of rooms: a folder that grows gets rooms of its own.
import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";

const most = 15;

/** Folders that are a list, one file an entry, and those whose files are set from outside. */
const lists = [
  ...[".", "docs/advisories", "docs/decisions"],
  ...["helper-c/fuzz/corpus", "packages/spec/test-data/oci-schema", "test/golden"],
];

test("a folder has at most 15 files, without its tests", (t) => {
  const files = execFileSync("git", ["ls-files"], { cwd: repository, encoding: "utf8" }).split("\n").filter(Boolean);
  const counts = new Map<string, number>();
  for (const folder of files.filter((file) => !file.endsWith(".test.ts")).map((file) => dirname(file)))
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  const large = [...counts].filter(([folder, count]) => count > most && !lists.includes(folder));
  t.deepEqual(large, []);
});
