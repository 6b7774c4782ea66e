// Which names programs of the host act upon.
import test from "ava";
import { foldCase, guardedAtTop, whoActsUpon } from "./acted-upon.ts";

const held: readonly string[] = [
  ...[".git", ".hg/hgrc", ".sl/config", ".jj/repo", ".svn/wc.db", ".gitmodules", ".lfsconfig"],
  ...[".pre-commit-config.yaml", "lefthook.yml", ".lefthook-local.yml", "lefthook.toml", ".husky/pre-commit"],
  ...[
    "mise.toml",
    ".mise.local.toml",
    "mise/config.toml",
    ".tool-versions",
    ".envrc",
    ".nvmrc",
    ".config/mise/config.toml",
  ],
  ...[".vscode/tasks.json", ".idea/x", ".zed/tasks.json", ".nvim.lua", ".exrc", ".dir-locals.el", "a.code-workspace"],
  ...[
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    ".gitlab-ci-local.yml",
    "Jenkinsfile",
    "Jenkinsfile.nightly",
    ".woodpecker.yml",
  ],
  ...[
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    ".mvn/extensions.xml",
    "mvnw",
    "gradlew",
    "gradlew.bat",
  ],
  ...[
    "gradle/wrapper/gradle-wrapper.jar",
    "gradle/wrapper",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    ".yarn/releases/y.cjs",
  ],
  ...[".mcp.json", ".claude/settings.json", "CLAUDE.md", "AGENTS.md", ".cursorrules", ".gemini/x", ".aider.conf.yml"],
  ...[".bashrc", ".config/fish/config.fish", ".config/nvim/init.lua", ".ssh/config", "coffer.json"],
  ...[
    ".bsp/sbt.json",
    ".shadowenv.d/500.lisp",
    ".flox/env.json",
    "eslint.config.mjs",
    ".eslintrc.js",
    ".prettierrc.js",
  ],
  ...[".pylintrc", ".rubocop.yml", ".luarc.json", ".project", ".externalToolBuilders/x.launch", "hie.yaml", ".theia/x"],
  ...[".gitpod.yml", ".idx/dev.nix", ".replit", ".readthedocs.yaml"],
];
for (const path of held)
  test(`${path} is acted upon, at the top and beneath`, (t) => {
    for (const one of [path, `a/b/${path}`, path.toUpperCase()]) t.truthy(whoActsUpon(one, false), one);
  });

const free: readonly string[] = [
  ...[
    "package.json",
    "Makefile",
    "src/git",
    "gradle/libs.versions.toml",
    ".config/other",
    ".cargo/bin/x",
    ".yarn/cache/x.zip",
  ],
  ...[
    "jenkins",
    "README.md",
    ".gitignore",
    ".gitattributes",
    "a.git",
    ".github2",
    "lefthoo",
    "docs/CLAUDE",
    ".editorconfig",
  ],
];
for (const path of free)
  test(`${path} is not`, (t) => {
    t.is(whoActsUpon(path, false), undefined);
  });

test("a directory above a name of several parts is only that as long as it is one", (t) => {
  for (const path of [".config", "gradle", ".cargo", ".yarn"]) {
    t.is(whoActsUpon(path, true), undefined, path);
    t.truthy(whoActsUpon(path, false), path);
  }
});

test("letters that some file systems have for the same are the same", (t) => {
  for (const name of [".GIT", ".g\u200cit", ".gi\ufefft", ".\u034fgit"]) t.is(foldCase(name), ".git");
  t.is(foldCase(".v\u017fcode"), ".vscode");
  // What ext4 and f2fs leave out where case does not count, and what servers leave out at the end of a name.
  for (const name of [
    ".gi\u{e0001}t",
    ".g\u{e0100}it",
    ".git\ufff0",
    ".git\u{1bca3}",
    ".\u{1d173}git",
    ".git.",
    ".git. .",
  ])
    t.is(foldCase(name), ".git", escape(name));
  t.is(foldCase("a./.envrc /b"), "a/.envrc/b");
});

test("what sandboxes guard has no star", (t) => {
  t.true(guardedAtTop.includes(".github"));
  for (const name of guardedAtTop) t.false(name.includes("*"), name);
});
