// Documents say where something is: every link between files of the repository, and every document that a source names, is there.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";

const files = execFileSync("git", ["ls-files", "-z"], { cwd: repository, encoding: "utf8" })
  .split("\0")
  .filter(Boolean);
const read = (file: string): string => readFileSync(join(repository, file), "utf8");
const isThere = (path: string): boolean => existsSync(join(repository, path));

/** What a text of Markdown links to in the repository, as paths from its root. */
function linksOf(file: string): readonly string[] {
  const text = read(file).replace(/^```.*?^```/gms, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, href = ""]) => {
    const [path = ""] = href.split("#");
    return path === "" || /^[a-z]+:/.test(path) ? [] : [normalize(join(dirname(file), path))];
  });
}

test("every relative link of a document leads to a file", (t) => {
  const documents = files.filter((file) => file.endsWith(".md") && isThere(file) && !file.includes("test-data/"));
  t.true(documents.length > 60);
  t.deepEqual(
    documents.flatMap((file) => linksOf(file).flatMap((to) => (isThere(to) ? [] : [`${file}: ${to}`]))),
    [],
  );
});

test("every document that is named by its path is there", (t) => {
  const texts = files.filter(
    (file) => /\.(?:c|css|h|html|js|json|md|mjs|sh|toml|ts|yml|[158])$|^[^.]+$/.test(file) && isThere(file),
  );
  const lost = texts.flatMap((file) =>
    [...read(file).matchAll(/(?<![\w./@-])docs\/[\w./-]+?\.md\b/g)].flatMap(([path]) =>
      isThere(path) ? [] : [`${file}: ${path}`],
    ),
  );
  t.deepEqual(lost, []);
});
