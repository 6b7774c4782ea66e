// Settings of sandboxes: built-in profiles, files that are named, the user's own, and the project's, which gives nothing that
// the user's own do not let projects have.
import type { Row } from "./table.ts";
import { declare } from "./table.ts";

const own = { XDG_CONFIG_HOME: "BESIDE/config" };
/** A script that writes the project's file, and with more the user's own. */
const project = (text: object): string => `printf %s '${JSON.stringify(text)}' > coffer.json`;
const settings = (text: object): string =>
  `mkdir -p ../beside/config/coffer; printf %s '${JSON.stringify(text)}' > ../beside/config/coffer/sandbox.json`;
const both = (mine: object, theirs: object, more = "true"): string => `${settings(mine)}; ${project(theirs)}; ${more}`;

const refused = (what: RegExp): Pick<Row, "script" | "stdout" | "stderr" | "exitCode"> => ({
  script: "echo ran",
  stdout: /^$/,
  stderr: new RegExp(`coffer\\.json" asks for more than projects may have: ${what.source}.*--profile`),
  exitCode: 125,
});

const files: readonly Row[] = [
  {
    title: "a profile is named by its file, with comments and a last comma",
    prepare: `printf '// mine\\n{"writable": true, /* and */ "env": {"A": "b"},}\\n' > mine.jsonc`,
    flags: ["--profile", "mine.jsonc"],
    script: "touch x && echo $A",
    stdout: /^b\n$/,
  },
  {
    title: "paths of a profile count from its directory",
    prepare: `mkdir ../beside/in; echo text > ../beside/in/file; printf '{"read": ["in/file"]}' > ../beside/mine.json`,
    flags: ["--profile", "BESIDE/mine.json"],
    script: "cat BESIDE/in/file",
    stdout: /^text\n$/,
  },
  {
    title: "profiles extend each other, and the last word counts",
    prepare: `printf '{"env": {"A": "1", "B": "1"}}' > a.json; printf '{"extends": ["./a.json", "build"], "env": {"B": "2"}}' > b.json`,
    flags: ["--profile", "./b.json"],
    script: "touch x && echo $A$B",
    stdout: /^12\n$/,
  },
  {
    title: "flags count more than profiles",
    prepare: `printf '{"writable": true, "env": {"A": "1"}}' > a.json`,
    flags: ["--profile", "./a.json", "--rw=false", "--env", "A=2"],
    script: "touch x 2>/dev/null || echo $A",
    stdout: /^2\n$/,
  },
  {
    title: "profiles that extend each other in a circle are refused",
    prepare: `printf '{"extends": ["./b.json"]}' > a.json; printf '{"extends": ["./a.json"]}' > b.json`,
    flags: ["--profile", "./a.json"],
    script: "true",
    stdout: /^$/,
    stderr: /more than 16 profiles extend each other/,
    exitCode: 125,
  },
  {
    title: "a word that is not known is refused with its place",
    prepare: `printf '{"network": {"alow": []}}' > a.json`,
    flags: ["--profile", "./a.json"],
    script: "true",
    stdout: /^$/,
    stderr: /settings .*a\.json.*\/network\/alow: is no known field/,
    exitCode: 125,
  },
  {
    title: "a path of a profile that is missing is told with the file",
    prepare: `printf '{"read": ["missing"]}' > a.json`,
    flags: ["--profile", "./a.json"],
    script: "true",
    stdout: /^$/,
    stderr: /a\.json": --read ".*missing": no such file/,
    exitCode: 125,
  },
  {
    title: "limits of a profile hold",
    prepare: `printf '{"limits": {"timeout": 300}}' > a.json`,
    flags: ["--profile", "./a.json"],
    script: "sleep 20",
    stdout: /^$/,
    stderr: /^coffer: the program was ended after 0\.3 s \(--timeout\)\n$/,
    exitCode: 124,
  },
  {
    title: "a variable of the caller is kept by its name",
    prepare: `printf '{"keepEnv": ["MINE", "NOT_THERE", "constructor"]}' > a.json`,
    flags: ["--profile", "./a.json"],
    env: { MINE: "mine" },
    script: "echo $MINE; env | grep -c -e NOT_THERE -e constructor",
    stdout: /^mine\n0\n$/,
    exitCode: 1,
  },
];

const projects: readonly Row[] = [
  {
    title: "the project's file is found above, and takes away",
    prepare: `mkdir sub; echo s > secret; git init -q .; ${project({ deny: ["secret"], env: { A: "b" } })}`,
    flags: ["--cwd", "sub"],
    script: "cat ../secret; echo $A",
    stdout: /^b\n$/,
  },
  {
    title: "the project's file is ignored with --no-settings",
    prepare: project({ env: { A: "b" } }),
    flags: ["--no-settings"],
    script: "echo $A",
    stdout: /^\n$/,
  },
  { title: "a project cannot make its tree writable", prepare: project({ writable: true }), ...refused(/"writable"/) },
  {
    title: "a project cannot extend what would make its tree writable",
    prepare: project({ extends: ["agent"] }),
    ...refused(/"writable"/),
  },
  { title: "a project cannot reach hosts", prepare: project({ extends: ["node"] }), ...refused(/"allow" registry/) },
  {
    title: "a project cannot read beside its tree",
    prepare: project({ read: ["../beside"] }),
    ...refused(/"read" \S*beside/),
  },
  {
    title: "a project cannot read beside its tree through a link",
    prepare: `ln -s ../beside link; ${project({ read: ["link"] })}`,
    ...refused(/"read" \S*beside/),
  },
  {
    title: "a project cannot bind what is beside its tree",
    prepare: project({ bind: ["../beside:/data"] }),
    ...refused(/"read" \S*beside/),
  },
  {
    title: "a project cannot show what is hidden in its tree",
    prepare: `echo KEY=1 > .env; ${project({ read: [".env"] })}`,
    ...refused(/"read" \S*\.env/),
  },
  {
    title: "a project cannot write a part of its tree",
    prepare: `mkdir out; ${project({ write: ["out"] })}`,
    ...refused(/"write" \S*out/),
  },
  { title: "a project has no word about the fence", prepare: project({ fence: true }), ...refused(/"fence"/) },
  { title: "a project cannot lift guards", prepare: project({ guards: false }), ...refused(/"guards"/) },
  {
    title: "a project cannot have variables of the caller",
    prepare: project({ keepEnv: ["HOME"] }),
    ...refused(/"keepEnv" HOME/),
  },
  { title: "a project cannot share downloads", prepare: project({ cache: ["npm"] }), ...refused(/"cache" npm/) },
  {
    title: "a project cannot have ports",
    prepare: project({ network: { hostPorts: [5432], publish: ["80"] } }),
    ...refused(/"hostPorts" 5432, "publish" 80/),
  },
  {
    title: "a project cannot fill more memory",
    prepare: project({ sizes: { "/tmp": "999g" } }),
    ...refused(/"sizes" of \/tmp/),
  },
  {
    title: "a project's file is accepted by name",
    prepare: project({ writable: true }),
    flags: ["--profile", "coffer.json"],
    script: "touch x && echo ok",
    stdout: /^ok\n$/,
  },
  {
    title: "a project's file that is a link is refused",
    prepare: `echo '{}' > other.json; ln -s other.json coffer.json`,
    script: "true",
    stdout: /^$/,
    stderr: /coffer\.json" is no file/,
    exitCode: 125,
  },
  {
    title: "a sandbox cannot change the project's file",
    prepare: project({ env: { A: "b" } }),
    flags: ["--rw"],
    script: "echo '{}' > coffer.json || mv coffer.json x || rm coffer.json || echo kept",
    stdout: /^kept\n$/,
    stderr: /Read-only/,
  },
];

/** Only root may give files away. */
const others: readonly Row[] = [
  ["chown 1000 coffer.json", /coffer\.json": belongs to user 1000: .*--no-settings/],
  ["chmod o+w coffer.json", /coffer\.json": others may write to it/],
  ["chgrp 1000 coffer.json; chmod g+w coffer.json", /coffer\.json": group 1000 may write to it/],
  ["chgrp 1000 .; chmod g+w .", /not used: "[^"]*": group 1000 may write to it/],
  ["chown -R 1000 .", /not used: "[^"]*": belongs to user 1000/],
].map(([change, stderr]) => ({
  title: `a project's file is refused after ${change}`,
  prepare: `${project({ env: { A: "b" } })}; ${change}`,
  script: "true",
  stdout: /^$/,
  stderr: stderr instanceof RegExp ? stderr : /$/,
  exitCode: 125,
}));
declare(others, ["root"]);
declare(
  [
    {
      title: "the file of somebody else's project is accepted by name",
      prepare: `${project({ env: { A: "b" } })}; chown 1000 coffer.json`,
      flags: ["--profile", "coffer.json"],
      script: "echo $A",
      stdout: /^b\n$/,
    },
  ],
  ["root"],
);

const home = { ...own, HOME: "BESIDE" };
const keys = "mkdir ../beside/.ssh; echo key > ../beside/.ssh/id; echo KEY=1 > ../beside/.env";

const granted: readonly Row[] = [
  {
    title: "a sandbox cannot change a profile that was named, what that extends, or a project's file beneath",
    prepare: `mkdir ci sub; echo '{"extends":["./more.json"]}' > ci/ci.json; echo '{}' > ci/more.json; echo '{}' > sub/coffer.json`,
    flags: ["--rw", "--profile", "ci/ci.json"],
    script:
      "for at in ci/ci.json ci/more.json sub/coffer.json; do echo 1 > $at; done; mv ci c || mv sub s || cat ci/more.json",
    stdout: /^\{\}\n$/,
    stderr: /(?:Read-only.*){3}busy.*busy/s,
  },
  {
    title: "a project extends files of its own",
    prepare: `mkdir sub; echo '{"env":{"A":"in"}}' > sub/a.json; ${project({ extends: ["./sub/a.json"] })}`,
    script: "echo $A",
    stdout: /^in\n$/,
  },
  ...["../beside/secret.json", "./link.json", "/dev/stdin", "/proc/self/environ"].map(
    (name): Row => ({
      title: `a project does not extend what is not its own: ${name}`,
      prepare: `echo '{"env":{"TOKEN":"1"}}' > ../beside/secret.json; ln -s ../beside/secret.json link.json; ${project({ extends: [name] })}`,
      script: "echo $TOKEN",
      stdout: /^$/,
      stderr: /is no file in/,
      exitCode: 125,
    }),
  ),
  {
    title: "settings in a directory that somebody else can write are not used",
    env: own,
    prepare: `${settings({ env: { A: "1" } })}; chmod o+w ../beside/config/coffer`,
    script: "echo $A",
    stdout: /^$/,
    stderr: /settings .* are not used: .*others may write to it/,
    exitCode: 125,
  },
  {
    title: "what a project reads or hides of the repository frees no other part",
    prepare: `git init -q; mkdir -p .git/hooks; ${project({ read: [".git/hooks"], deny: [".git/config"] })}`,
    flags: ["--rw"],
    script: "mv .git g || echo kept",
    stdout: /^kept\n$/,
    stderr: /busy/,
  },
  {
    title: "what a project binds elsewhere is guarded there",
    env: own,
    prepare: both(
      { projects: { write: ["../beside"] } },
      { bind: ["../beside:/data:rw"] },
      "git init -q ../beside; mkdir -p ../beside/.git/hooks",
    ),
    script: "echo x > /data/.git/hooks/x; mv /data/.git /data/g || touch /data/free && echo kept",
    stdout: /^kept\n$/,
    stderr: /Read-only.*busy/s,
  },
  ...[[], ["--rw"]].map(
    (flags): Row => ({
      title: `a grant around hooks that git's config names does not free the hooks: ${flags.join(" ")}`,
      env: own,
      flags,
      prepare: both(
        { projects: { write: ["."] } },
        { write: [".githooks", ".githooks/sub", "out"] },
        "mkdir -p .githooks/sub out; git init -q; git config core.hooksPath .githooks",
      ),
      script: "touch .githooks/x; touch .githooks/sub/x || touch out/x && echo kept",
      stdout: /^kept\n$/,
      stderr: /Read-only.*Read-only/s,
    }),
  ),
  {
    title: "a project writes hooks that git's config names and that are granted by name",
    env: own,
    prepare: both(
      { projects: { write: [".githooks"] } },
      { write: [".githooks"] },
      "mkdir .githooks; git init -q; git config core.hooksPath .githooks",
    ),
    script: "touch .githooks/x && echo ok",
    stdout: /^ok\n$/,
  },
  {
    title: "a place around a secret does not let a project read the secret",
    env: home,
    prepare: both({ projects: { read: ["~/"] } }, { read: ["../beside/.ssh", "../beside/.env"] }, keys),
    ...refused(/"read" \S*\.ssh, "read" \S*\.env/),
  },
  {
    title: "a place around a secret does not let a project write the secret",
    env: home,
    prepare: both({ projects: { write: ["~/"] } }, { write: ["../beside/.ssh"] }, keys),
    ...refused(/"write" \S*\.ssh/),
  },
  {
    title: "a project reads a secret that is granted by its name",
    env: home,
    prepare: both({ projects: { read: ["~/.ssh", "../beside/.env"] } }, { read: ["../beside/.ssh/id"] }, keys),
    script: "cat BESIDE/.ssh/id",
    stdout: /^key\n$/,
  },
  {
    title: "files that the user's settings extend are beside the settings, not in the project",
    env: own,
    prepare: `${settings({ extends: ["./team.json"] })}; echo '{"env":{"A":"bad"}}' > team.json; echo '{"env":{"A":"good"}}' > ../beside/config/coffer/team.json`,
    script: "echo $A",
    stdout: /^good\n$/,
  },
  {
    title: "files that the user's settings extend and that somebody else can write are not used",
    env: own,
    prepare: `${settings({ extends: ["./team.json"] })}; echo '{}' > ../beside/config/coffer/team.json; chmod o+w ../beside/config/coffer/team.json`,
    script: "true",
    stdout: /^$/,
    stderr: /settings .*team.* are not used: others may write to it/,
    exitCode: 125,
  },
  {
    title: "the user's own settings hold in every project",
    env: own,
    prepare: `echo text > ../beside/file; ${settings({ read: ["../beside/file"], env: { A: "mine" } })}`,
    script: "cat BESIDE/file; echo $A",
    stdout: /^text\nmine\n$/,
  },
  {
    title: "what the user lets projects have is given",
    env: own,
    prepare: both(
      { projects: { writable: true, read: ["../beside"], allow: ["*.example.org"] } },
      { writable: true, read: ["../beside/dir"], network: { allow: ["a.example.org:443"] } },
      "mkdir ../beside/dir; echo in > ../beside/dir/file",
    ),
    script: "touch x; cat BESIDE/dir/file; echo $HTTPS_PROXY",
    stdout: /^in\nhttp:.*\n$/,
  },
  {
    title: "no more is given than the user lets projects have",
    env: own,
    prepare: both(
      { projects: { allow: ["*.example.org:443"], read: ["../beside/dir"] } },
      { read: ["../beside"], network: { allow: ["example.org:443", "a.example.org"] } },
      "mkdir ../beside/dir",
    ),
    ...refused(/"allow" example\.org:443, "allow" a\.example\.org/),
  },
  {
    title: "a project does not see what the user hides in what projects may read",
    env: own,
    prepare: both(
      { deny: ["../beside/dir/keys"], projects: { read: ["../beside"] } },
      { read: ["../beside/dir/keys/one"] },
      "mkdir -p ../beside/dir/keys; echo 1 > ../beside/dir/keys/one",
    ),
    ...refused(/"read" \S*keys\/one/),
  },
  {
    title: "a project does not see what the user hides in its tree",
    env: own,
    prepare: both({ deny: ["**/*.pem"] }, { read: ["keys/a.pem"] }, "mkdir keys; echo 1 > keys/a.pem"),
    ...refused(/"read" \S*a\.pem/),
  },
  {
    title: "a project writes no hooks although it may write the tree",
    env: own,
    prepare: both({ projects: { write: ["."] } }, { write: [".git/hooks"] }, "git init -q .; mkdir -p .git/hooks"),
    ...refused(/"write" \S*hooks/),
  },
  {
    title: "a project binds nothing elsewhere to write it",
    env: own,
    prepare: both({ projects: { write: ["."] } }, { bind: ["./dir:/data:rw"] }, "mkdir dir"),
    ...refused(/"write" \S*dir/),
  },
  {
    title: "a project makes limits lower, not higher",
    env: own,
    prepare: both({ limits: { timeout: 300 } }, { limits: { timeout: 100_000 } }),
    script: "sleep 20",
    stdout: /^$/,
    stderr: /^coffer: the program was ended after 0\.3 s \(--timeout\)\n$/,
    exitCode: 124,
  },
  {
    title: "settings that the caller's own group can write are used, as a umask of 002 makes them",
    env: own,
    prepare: `${settings({ env: { A: "1" } })}; chmod g+w ../beside/config/coffer/sandbox.json`,
    script: "echo $A",
    stdout: /^1\n$/,
  },
  {
    title: "settings that somebody else can write are not used",
    env: own,
    prepare: `${settings({ writable: true })}; chmod 1666 ../beside/config/coffer/sandbox.json`,
    script: "true",
    stdout: /^$/,
    stderr: /settings .* are not used: others may write to it/,
    exitCode: 125,
  },
];

const userAlone: readonly Row[] = [
  {
    title: "settings that cannot be looked up are an error, and not ignored",
    env: own,
    prepare: `${settings({ env: { A: "1" } })}; chmod 000 ../beside/config/coffer`,
    script: "echo $A",
    stdout: /^$/,
    stderr: /cannot read the profile .*sandbox\.json.*--no-settings/,
    exitCode: 125,
  },
];

declare(
  userAlone.map((row) => ({ ...row, flags: ["--tools", "none"] })),
  ["user"],
);
declare(
  [...files, ...projects, ...granted].map((row) => ({ ...row, flags: ["--tools", "none", ...(row.flags ?? [])] })),
);
