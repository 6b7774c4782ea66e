import test from "ava";
import { isGitName, isOtherControl, newPassed, notePassed } from "./passed.ts";

const others = [
  ".hg",
  ".hgrc",
  ".sl",
  ".JJ",
  ".bzr",
  ".svn",
  ".fossil-settings",
  "_FOSSIL_",
  ".pijul",
  "_darcs",
  ".repo",
];

test("names of version control are known, as file systems may have them", (t) => {
  for (const name of [".git", ".GIT", ".g\u200Dit", "\u200D.git"]) t.true(isGitName(name), name);
  for (const name of [".gitignore", "git", ".git2", "_git"]) t.false(isGitName(name), name);
  for (const name of [...others, ".arcconfig", ".h\u200Dg"]) t.true(isOtherControl(name), name);
  for (const name of [".git", ".gitmodules", "__init__.py", "_repo.ts", "hg"]) t.false(isOtherControl(name), name);
});

test("what is passed is noted by what it is looked at for", (t) => {
  const passed = newPassed();
  const note = (name: string, kind: "file" | "directory") => notePassed(passed, { name, kind, path: `/${name}` });
  for (const name of ["a", "node_modules", ".git", ".hg", "HEAD"]) note(name, "directory");
  for (const name of ["b", ".git", "HEAD", "head", "heads"]) note(name, "file");
  t.deepEqual(passed, {
    dirs: ["/a", "/HEAD"],
    bulky: ["/node_modules", "/.hg"],
    marks: ["/.git", "/.hg", "/HEAD", "/.git", "/HEAD", "/head"],
  });
});
