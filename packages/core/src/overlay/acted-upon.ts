// Names that programs of the host act upon without being asked to run the project. They do so when a directory is entered, opened
// in an editor, committed or pushed, or when a tool reads its own settings. Guards of sandboxes and applies share this table.

/** Who acts, upon which names. */
interface Row {
  readonly who: string;
  /** At the top of a tree that a sandbox can write they cannot be changed, and an apply holds them everywhere. */
  readonly guarded?: string;
  /** An apply holds them everywhere. A star at the end stands for any rest. */
  readonly held?: string;
}

const table: readonly Row[] = [
  {
    who: "git",
    guarded: ".gitmodules .gitconfig .config/git",
    held: ".git .lfsconfig",
  },
  {
    who: "other version control",
    guarded: ".hg/hgrc .hg/hgrc-not-shared .hg/sharedpath .sl/config .jj/repo/config.toml",
    held: ".hg .hgrc .sl .jj .bzr .svn .fossil* _FOSSIL_ .pijul _darcs CVS .arcconfig .repo",
  },
  {
    who: "managers of hooks",
    guarded: ".husky",
    held: `
      .huskyrc* .pre-commit-config.y* .pre-commit-hooks.y* prek.toml lefthook* .lefthook* .config/lefthook*
      .overcommit.yml .git-hooks .githooks .lintstagedrc* lint-staged.config.* .simple-git-hooks.* simple-git-hooks.*
      .commitlintrc*
    `,
  },
  {
    who: "shells",
    guarded: `
      .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile .zlogin .zlogout .cshrc .tcshrc
      .kshrc .inputrc .config/fish
    `,
    held: ".bash_aliases .login .logout .mkshrc .xonshrc .config/nushell .config/xonsh .config/elvish .oh-my-zsh",
  },
  {
    who: "what acts where a directory is entered",
    guarded: ".envrc",
    held: `
      .mise* mise.* mise/config.toml .config/mise* .tool-versions .rtx.toml .autoenv* .env.fish .in .out .direnv
      devenv.nix devenv.yaml .nvmrc .node-version .python-version .ruby-version .rvmrc .java-version .sdkmanrc
      .terraform-version .go-version .asdfrc .hermit .devbox devbox.json .shadowenv.d .flox .pmy .tmux.conf .tmuxinator* .zellij
    `,
  },
  {
    who: "editors",
    guarded: ".vscode .idea .zed .devcontainer",
    held: `
      .devcontainer.json *.code-workspace .fleet .vs .nvim.lua .nvimrc .exrc .vimrc .gvimrc _vimrc _exrc .lvimrc
      .local.vimrc .nvim .config/nvim .vim .dir-locals.el .dir-locals-2.el .emacs .emacs.d .projectile .helix .kakrc
      .sublime-project *.sublime-project .atom .nova .lapce .kateproject .kateconfig .ycm_extra_conf.py
      .vimspector.json .nano* .neoconf.json .lazy.lua .theia .gitpod.* .idx .replit* .bsp .project .externalToolBuilders
      .classpath .settings .cproject .metals .bloop .luarc.json* .luacheckrc hie.yaml .ghcid .clangd .ccls .lsp .eclipse
      .dapconfig.json .dap.json .nfnl.fnl .lnvim* .stylua.toml pyrightconfig.json
    `,
  },
  {
    who: "linters and formatters, which editors run when a file is opened or saved",
    held: `
      .eslintrc* eslint.config.* .prettierrc* prettier.config.* .stylelintrc* stylelint.config.* .xo-config.* .markdownlint*
      .pylintrc pylintrc .flake8 .rubocop* .rubocop_todo.yml .solargraph.yml .credo.exs .formatter.exs .scalafmt.conf
      .perlcriticrc .perltidyrc .php-cs-fixer* .phpstan* phpstan.* psalm.xml phpcs.xml* .phpcs.xml* .golangci.* .swiftlint.*
      .sourcery.yaml .trunk .mega-linter.y* .standard.yml .reek.yml .erb-lint.yml .haml-lint.yml .slim-lint.yml .yamllint*
      .textlintrc* .tern-project .babelrc* babel.config.* .postcssrc* postcss.config.* .swcrc .jshintrc .jscsrc .vale.ini
      .clang-tidy .ansible-lint* .tflint.hcl .hadolint.y* .editorconfig-checker.json
    `,
  },
  {
    who: "agents",
    guarded: ".mcp.json .claude .cursor .gemini .codex",
    held: `
      CLAUDE.md CLAUDE.local.md AGENTS.md AGENTS.override.md AGENT.md GEMINI.md QWEN.md WARP.md .cursorrules
      .cursorignore .windsurf* .codeium .clinerules* .cline* .roo* .kilocode* .aider* .continue* .kiro .junie .amazonq
      .augment* .opencode opencode.json* .goosehints .goose .crush* .qwen .qodo .trae .rules .copilot mcp.json .agents
      .agent .antigravity .factory .zencoder .pearai .void .tabnine .pi
    `,
  },
  {
    who: "CI services",
    guarded: ".github .gitlab-ci.yml .circleci .travis.yml azure-pipelines.yml Jenkinsfile .buildkite .woodpecker",
    held: `
      .gitlab-ci* .gitlab azure-pipelines* .azure-pipelines .azuredevops Jenkinsfile* .jenkins* .woodpecker.* .drone.*
      .appveyor.yml appveyor.yml bitbucket-pipelines.yml .cirrus.* .gitea .forgejo .build.yml .builds .semaphore
      .teamcity cloudbuild.y* buildspec.y* .tekton wercker.yml .earthly .harness .shippable.yml codemagic.yaml
      .codefresh .concourse .sourcegraph .travis .zuul.* .zuul.d zuul.d .readthedocs.y* readthedocs.yml netlify.toml .netlify vercel.json .vercel
      renovate.json* .renovaterc* dependabot.yml .mergify* .kodiak.toml .goreleaser* .releaserc* .ci
    `,
  },
  {
    who: "package managers and build tools, of their own settings",
    held: `
      .cargo/config* .cargo/credentials* rust-toolchain* .npmrc .yarnrc* .yarn/plugins .yarn/releases .pnp.*
      .pnpmfile.* pnpmfile.* .bunfig.toml bunfig.toml .mvn mvnw* .gradle gradlew* gradle/wrapper gradle/init.d
      init.gradle* .bazelrc .bazelversion bazelisk.rc .bazeliskrc tools/bazel .buckconfig* .pip pip.conf .config/pip
      .pypirc uv.toml .condarc .gemrc .bundle .config/composer .bowerrc .terraformrc .ansible.cfg ansible.cfg .sbtopts
      .jvmopts .jabbarc .corepack* .volta .config/pnpm .config/yarn .nuget nuget.config .gdbinit .lldbinit .config/gdb
      .pdbrc .irbrc .pryrc .psqlrc .sqliterc .my.cnf .mylogin.cnf .pythonrc* .Rprofile .Renviron .ghci sitecustomize.py usercustomize.py .ocamlinit
      .julia .perldb .netrc .curlrc .wgetrc .ssh .gnupg .docker .kube .aws .config/gcloud
    `,
  },
  {
    who: "Coffer",
    guarded: ".config/coffer coffer.json coffer.jsonc",
    held: `
      node_modules/coffer node_modules/@coffer node_modules/.bin/coffer* node_modules/.pnpm/coffer@*
      node_modules/.pnpm/@coffer+*
    `,
  },
];

const listed = (text: string | undefined): readonly string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");

/** At the top of a tree: what a sandbox that can write the tree cannot change. */
export const guardedAtTop: readonly string[] = table.flatMap(({ guarded }) => listed(guarded));

/** Characters that file systems leave out where case does not count there: those that Unicode has as ignorable. */
const ignorable =
  /\u034f|[\u00ad\u061c\u115f\u1160]|[\u17b4\u17b5]|[\u180b-\u180f]|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164]|[\ufe00-\ufe0f]|[\ufeff\uffa0\ufff0-\ufff8]|[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]|[\u{e0000}-\u{e0fff}]/gu;

/** What some servers of files leave out at the end of a name. */
const atEnd = /[. ]+(?=\/|$)/g;

/** A name or path as a file system has it where case does not count. */
export const foldCase = (name: string): string =>
  name.replaceAll(ignorable, "").replaceAll(atEnd, "").toUpperCase().toLowerCase();

type Matches = (part: string) => boolean;

/** What a part of a name stands for: itself, or with a star the rest of one. */
function matcher(word: string): Matches {
  const folded = foldCase(word);
  if (folded.startsWith("*")) return (part) => part.endsWith(folded.slice(1));
  return folded.endsWith("*") ? (part) => part.startsWith(folded.slice(0, -1)) : (part) => part === folded;
}

const names = table.flatMap(({ who, guarded, held }) =>
  [...listed(guarded), ...listed(held)].map((name) => ({ who, name })),
);
const isPattern = (name: string): boolean => /[*/]/.test(name);
const exact = new Map(names.filter(({ name }) => !isPattern(name)).map(({ who, name }) => [foldCase(name), who]));
const patterns = names
  .filter(({ name }) => isPattern(name))
  .map(({ who, name }) => ({ who, parts: name.split("/").map(matcher) }));

/** Who acts upon a name of one part, as long as the rest of the path is there: a directory above such a name is none of them. */
function whoActsAt(parts: readonly string[], at: number, isDir: boolean): string | undefined {
  const part = parts[at] ?? "";
  const found = exact.get(part);
  if (found !== undefined) return found;
  return patterns.find((one) =>
    one.parts.every((matches, index) => {
      const other = parts[at + index];
      return other === undefined ? index > 0 && !isDir : matches(other);
    }),
  )?.who;
}

/** Who acts upon a path, or upon something that it is in. `isDir`: there is a directory, and nothing else. */
export function whoActsUpon(path: string, isDir: boolean): string | undefined {
  const parts = foldCase(path).split("/");
  for (let at = 0; at < parts.length; at += 1) {
    const found = whoActsAt(parts, at, isDir);
    if (found !== undefined) return found;
  }
  return undefined;
}
