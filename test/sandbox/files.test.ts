// What a sandbox sees of the host's files: what is named, the nearest rule, the repository, and never a secret.
import { execSync } from "node:child_process";
import type { Row } from "./table.ts";
import { declare } from "./table.ts";

const beside =
  "echo text > ../beside/file; mkdir -p ../beside/dir/open; echo in > ../beside/dir/in; echo deep > ../beside/dir/open/deep";
const commit = "git -c user.name=n -c user.email=e commit -qm first";

/** What `stat` and `sum` say of short files of the host. */
const shortSums = (): string =>
  execSync("cd /etc; for f in debian_version host.conf ld.so.conf; do echo 644; sum < $f; done").toString();

const named: readonly Row[] = [
  {
    title: "nothing beside the directory is seen",
    prepare: beside,
    script: "cat BESIDE/file 2>&1",
    stdout: /No such file/,
    exitCode: 1,
  },
  {
    title: "--read shows a directory",
    prepare: beside,
    flags: ["--read", "BESIDE"],
    script: "cat BESIDE/file; touch BESIDE/x 2>&1",
    stdout: /^text\n.*Read-only/s,
    exitCode: 1,
  },
  {
    title: "--read shows a file alone",
    prepare: beside,
    flags: ["--read", "../beside/file"],
    script: "ls BESIDE; cat BESIDE/file",
    stdout: /^file\ntext\n$/,
  },
  {
    title: "more files with keys than a plan can hide are an error that says how to hide them",
    prepare: "mkdir many; (cd many; seq -f .env.%g 3001 | xargs touch)",
    script: "true",
    stdout: /^$/,
    stderr: /cannot hide 300\d files .*: most are in \S+many": --deny \S+many hides a directory/,
    exitCode: 125,
  },
  {
    title: "a directory of many files with keys can be hidden",
    prepare: "mkdir many; (cd many; seq -f .env.%g 3001 | xargs touch)",
    flags: ["--deny", "many"],
    script: "ls -A many | wc -l",
    stdout: /^0\n$/,
  },
  {
    title: "what is named of the caller's home directory is in the sandbox's too, and the rest of that is private",
    prepare:
      "cd ../beside; mkdir -p .agent .config/tool; echo kept > .agent/file; echo set > .config/tool/rc; echo x > private",
    flags: ["--write", "BESIDE/.agent", "--read", "BESIDE/.config/tool"],
    env: { HOME: "BESIDE" },
    script: "cat ~/.agent/file ~/.config/tool/rc; echo more > ~/.agent/file; cat BESIDE/.agent/file; ls -A ~ ~/.config",
    stdout: /^kept\nset\nmore\n.*\.agent\n\.config\n.*tool\n$/s,
  },
  {
    title: "what a sandbox has in its own home stays there, whatever is named at that place of the caller's",
    prepare: "cd ../beside; mkdir -p .npm/inner; echo x > .npm/inner/file",
    flags: ["--cache", "npm", "--read", "BESIDE/.npm/inner"],
    env: { HOME: "BESIDE" },
    script: "test ! -L ~/.npm && cat ~/.npm/inner/file BESIDE/.npm/inner/file && touch ~/.npm/new && echo shared",
    stdout: /^x\nx\nshared\n$/,
  },
  {
    title:
      "a named directory of the home has what is named in it, and settings of the host in the place of the sandbox's",
    prepare: "cd ../beside; mkdir -p .config/git .config/tool; echo '[user]\n\tname = host' > .config/git/config",
    flags: ["--read", "BESIDE/.config", "--write", "BESIDE/.config/tool"],
    env: { HOME: "BESIDE" },
    script:
      "readlink ~/.config; git config user.name; touch ~/.config/tool/new && ls ~/.config/tool; touch ~/.config/x 2>&1",
    stdout: /^\S+\/beside\/\.config\nhost\nnew\n.*Read-only/,
    exitCode: 1,
  },
  {
    title: "--write lets a directory be written",
    prepare: beside,
    flags: ["--write", "BESIDE"],
    script: "echo more > BESIDE/file && cat BESIDE/file",
    stdout: /^more\n$/,
  },
  {
    title: "--write of a part lets nothing else be written",
    prepare: "mkdir out",
    flags: ["--write", "out"],
    script: "touch out/x && touch x 2>&1",
    stdout: /Read-only/,
    exitCode: 1,
  },
  {
    title: "--read of a part of what can be written",
    prepare: "mkdir lib",
    flags: ["--rw", "--read", "lib"],
    script: "touch x && touch lib/x 2>&1",
    stdout: /Read-only/,
    exitCode: 1,
  },
  {
    title: "--deny hides a directory",
    prepare: beside,
    flags: ["--read", "BESIDE", "--deny", "BESIDE/dir"],
    script: "ls BESIDE BESIDE/dir",
    stdout: /\/beside:\ndir\nfile\n\n.*\/dir:\n$/s,
  },
  {
    title: "--deny hides a file",
    prepare: beside,
    flags: ["--read", "BESIDE", "--deny", "BESIDE/file"],
    script: "cat BESIDE/file",
    stdout: /^$/,
  },
  {
    title: "--deny hides what every sandbox has of the host: a directory, a file, and what is copied",
    flags: ["--deny", "/opt", "--deny", "/etc/ld.so.cache", "--deny", "/etc/debian_version"],
    script: "ls -A /opt; cat /etc/ld.so.cache /etc/debian_version; test -f /etc/debian_version",
    stdout: /^$/,
  },
  {
    title: "short files of /etc are there as on the host, and are no mounts",
    script:
      'cd /etc; for f in debian_version host.conf ld.so.conf; do stat -c %a $f; sum < $f; grep -F " /etc/$f " /proc/self/mountinfo; done; (echo x >> rpc) 2> /dev/null || echo kept',
    stdout: new RegExp(`^${shortSums()}kept\n$`),
  },
  {
    title: "what is allowed in what is denied in what is allowed is seen",
    prepare: beside,
    flags: ["--read", "BESIDE", "--deny", "BESIDE/dir", "--read", "BESIDE/dir/open"],
    script: "ls BESIDE/dir; cat BESIDE/dir/open/deep; touch BESIDE/dir/x 2>&1 | grep -c Read-only",
    stdout: /^open\ndeep\n1\n$/,
  },
  {
    title: "a link does not get around --deny",
    prepare: `${beside}; ln -s dir ../beside/link`,
    flags: ["--read", "BESIDE", "--deny", "BESIDE/dir"],
    script: "ls BESIDE/link/",
    stdout: /^$/,
  },
  {
    title: "--deny of a link hides what it leads to",
    prepare: `${beside}; ln -s dir/in ../beside/link`,
    flags: ["--read", "BESIDE", "--deny", "BESIDE/link"],
    script: "cat BESIDE/dir/in BESIDE/link",
    stdout: /^$/,
  },
  {
    title: "--deny hides a file wherever --bind puts it",
    prepare: beside,
    flags: ["--read", "BESIDE", "--bind", "../beside/dir:/data", "--deny", "BESIDE/dir/in"],
    script: "cat BESIDE/dir/in /data/in; cat /data/open/deep",
    stdout: /^deep\n$/,
  },
  {
    title: "--deny takes names with signs, in every directory",
    prepare: "mkdir -p a/b; echo 1 > a/key.secret; echo 2 > a/b/other.secret; echo 3 > plain",
    flags: ["--deny", "**/*.secret"],
    script: "cat a/key.secret a/b/other.secret plain",
    stdout: /^3\n$/,
  },
  {
    title: "a sign that is not known is refused",
    flags: ["--deny", "**/{a,b}"],
    script: "true",
    stdout: /^$/,
    stderr: /only \*, \? and \*\* stand for names/,
    exitCode: 125,
  },
  {
    title: "--deny of a name that is missing is told",
    flags: ["--deny", "later"],
    script: "true",
    stdout: /^$/,
    stderr: /warning: .*nothing of that name now/,
  },
  {
    title: "--read of a name that is missing is refused",
    flags: ["--read", "later"],
    script: "true",
    stdout: /^$/,
    stderr: /--read ".*later": no such file or directory/,
    exitCode: 125,
  },
  {
    title: "--bind gives another name",
    prepare: beside,
    flags: ["--bind", "../beside/dir:/data/in"],
    script: "cat /data/in/in; touch /data/in/x 2>&1 | grep -c Read-only",
    stdout: /^in\n1\n$/,
  },
  {
    title: "--bind :rw can be written",
    prepare: beside,
    flags: ["--bind", "../beside/dir:/data:rw"],
    script: "echo x > /data/in && cat BESIDE/dir/in 2>/dev/null; cat /data/in",
    stdout: /^x\n$/,
  },
  {
    title: "--tmp is an empty directory",
    prepare: "mkdir d; echo x > d/x",
    flags: ["--tmp", "d", "--tmp", "/cache"],
    script: "touch d/y /cache/z; ls d",
    stdout: /^y\n$/,
  },
  {
    title: "--tmp makes no directory on the host",
    flags: ["--rw", "--tmp", "d"],
    script: "true",
    stdout: /^$/,
    stderr: /\/d" does not exist in .*a sandbox makes nothing on the host/,
    exitCode: 125,
  },
  {
    title: "--size bounds a file system in memory",
    flags: ["--size", "/tmp=1m"],
    script: "head -c 2m /dev/zero > /tmp/x",
    stdout: /^$/,
    stderr: /No space left/,
    exitCode: 1,
  },
  {
    title: "--size of something else is refused",
    flags: ["--size", "/opt=1m"],
    script: "true",
    stdout: /^$/,
    stderr: /there is no size of/,
    exitCode: 125,
  },
  {
    title: "--cwd is where it works",
    prepare: beside,
    flags: ["--cwd", "BESIDE/dir"],
    script: "pwd; cat in",
    stdout: /\/beside\/dir\nin\n$/,
  },
  {
    title: "--env sets a variable and takes one",
    env: { TAKEN: "1", LEFT: "2" },
    flags: ["--env", "SET=a=b", "--env", "TAKEN", "--env", "NONE"],
    script: "echo $SET $TAKEN $LEFT.$NONE.",
    stdout: /^a=b 1 \.\.\n$/,
  },
  {
    title: "variables that say how programs show things are the caller's",
    env: { CI: "1", TZ: "Asia/Tokyo", NO_COLOR: "", OTHER: "x" },
    script: "echo $CI $TZ; env | grep -E '^(NO_COLOR|OTHER)='; date -d @0 +%H",
    stdout: /^1 Asia\/Tokyo\nNO_COLOR=\n09\n$/,
  },
  {
    title: "so are those of certificates that the sandbox sees",
    env: {
      SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
      CURL_CA_BUNDLE: "/etc/ssl/certs/../private/x",
      PIP_CERT: "DIR/x",
    },
    script: "echo $SSL_CERT_FILE.$CURL_CA_BUNDLE.$PIP_CERT.",
    stdout: /^\/etc\/ssl\/certs\/ca-certificates.crt\.\.\.\n$/,
  },
  {
    title: "without a network nobody tries twice",
    flags: ["--env", "CARGO_NET_RETRY=1"],
    script: "echo $npm_config_fetch_retries $pnpm_config_fetch_retries $PIP_RETRIES $CARGO_NET_RETRY",
    stdout: /^0 0 0 1\n$/,
  },
  {
    title: "with a network programs do",
    flags: ["--allow", "example.org"],
    script: "echo .$npm_config_fetch_retries.$PIP_RETRIES.",
    stdout: /^\.\.\.\n$/,
  },
  {
    title: "Yarn is told of the proxy by a variable of its own",
    flags: ["--allow", "example.org"],
    script: "test $YARN_HTTPS_PROXY = $https_proxy && echo told",
    stdout: /^told\n$/,
  },
  {
    title: "--read may name the directory above the one to work in",
    prepare: beside,
    flags: ["--rw", "--read", "BESIDE/.."],
    script: "touch x && ls -d BESIDE/file x; touch BESIDE/y 2>&1",
    stdout: /file\nx\n.*Read-only/s,
    exitCode: 1,
  },
  {
    title: "so may --write",
    prepare: beside,
    flags: ["--rw", "--write", "BESIDE/.."],
    script: "touch x BESIDE/y && ls x BESIDE/y",
    stdout: /y\nx\n$/,
  },
  {
    title: "--bind may show something else in its place",
    prepare: beside,
    flags: ["--bind", "BESIDE:DIR"],
    script: "pwd; ls",
    stdout: /\ndir\nfile\n$/,
  },
  {
    title: "a directory of programs can be the one to work in",
    flags: ["--cwd", "/opt"],
    script: "pwd",
    stdout: /^\/opt\n$/,
  },
  {
    title: "so can one beneath",
    flags: ["--cwd", "/usr/lib"],
    script: "pwd",
    stdout: /^\/usr\/lib\n$/,
  },
  {
    title: "the sandbox's own directories are nobody else's",
    flags: ["--read", "/etc"],
    script: "true",
    stdout: /^$/,
    stderr: /the sandbox has its own/,
    exitCode: 125,
  },
];

const secrets: readonly Row[] = [
  {
    title: ".env is empty",
    prepare: "mkdir sub; echo KEY=1 > .env; echo KEY=2 > sub/.env.local; echo A=1 > .env.example",
    script: "cat .env sub/.env.local .env.example",
    stdout: /^A=1\n$/,
  },
  {
    title: ".env is empty deep in a tree with many names, whatever a sandbox before has made of these",
    prepare: "mkdir -p many deep/er; (cd many; seq 30000 | xargs touch); echo KEY=1 > deep/er/.env",
    script: "cat deep/er/.env",
    stdout: /^$/,
  },
  {
    title: "--read .env shows it",
    prepare: "echo KEY=1 > .env",
    flags: ["--read", ".env"],
    script: "cat .env",
    stdout: /^KEY=1\n$/,
  },
  {
    title: "a tracked .env is as git has it",
    prepare: `git init -q; echo KEY=1 > .env; git add .env; ${commit}; git repack -adq`,
    script: "cat .env; git status --short --untracked-files=no",
    stdout: /^KEY=1\n$/,
  },
  {
    title: "keys of the home directory are hidden in it",
    prepare: "mkdir .ssh .aws; echo k > .ssh/id_rsa; echo k > .aws/credentials; echo t > .npmrc; echo f > file",
    env: { HOME: "DIR" },
    script: "cat file; cat .ssh/id_rsa .aws/credentials .npmrc 2>/dev/null; ls -A .ssh",
    stdout: /^f\n$/,
    stderr: /home directory/,
  },
  {
    title: "profiles of browsers that snap and flatpak have installed are hidden",
    prepare:
      "mkdir -p ../beside/snap/firefox ../beside/.var/app; echo k | tee ../beside/snap/firefox/k ../beside/.var/app/k; echo f > ../beside/f",
    env: { HOME: "BESIDE" },
    flags: ["--read", "BESIDE"],
    script: "cat BESIDE/f; find BESIDE -name k",
    stdout: /^f\n$/,
  },
  {
    title: "what a variable of the caller names as keys is empty, in the directory and elsewhere",
    prepare: "echo k | tee key.json kube ../beside/credentials.toml ../beside/other",
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: "key.json",
      KUBECONFIG: "BESIDE/none:DIR/kube",
      CARGO_HOME: "BESIDE",
      DOCKER_CONFIG: "DIR",
    },
    flags: ["--read", "BESIDE"],
    script: "cat key.json kube BESIDE/credentials.toml BESIDE/other",
    stdout: /^k\n$/,
  },
  {
    title: "a key that a variable names can be named",
    prepare: "echo k > key.json",
    env: { GOOGLE_APPLICATION_CREDENTIALS: "key.json" },
    flags: ["--read", "key.json"],
    script: "cat key.json",
    stdout: /^k\n$/,
  },
  {
    title: "one of them can be named",
    prepare: "mkdir .ssh; echo k > .ssh/config; echo k > .ssh/id_rsa; echo f > file",
    env: { HOME: "DIR" },
    flags: ["--read", ".ssh/config"],
    script: "cat .ssh/config; ls .ssh",
    stdout: /^k\nconfig\n$/,
    stderr: /home directory/,
  },
  {
    title: "a link into them is refused",
    prepare: "mkdir .ssh; echo k > .ssh/id_rsa; ln -s .ssh data",
    env: { HOME: "DIR" },
    flags: ["--read", "data"],
    script: "true",
    stdout: /^$/,
    stderr: /a link leads to .*secrets/,
    exitCode: 125,
  },
  {
    title: "a private key in the directory is told",
    prepare: "echo k > server.key",
    script: "true",
    stdout: /^$/,
    stderr: /"server.key" looks like a private key/,
  },
];

const git: readonly Row[] = [
  {
    title: "the repository is found from a directory in it",
    prepare: `git init -q; mkdir -p src node_modules/m; echo x > src/x; git add src; ${commit}; echo m > node_modules/m/m`,
    flags: ["--cwd", "src"],
    script: "pwd; git log --format=%s; cat ../node_modules/m/m; touch ../y 2>&1 | grep -c Read-only",
    stdout: /\/bundle\/src\nfirst\nm\n1\n$/,
  },
  {
    title: "a worktree has its repository",
    prepare: `git init -q ../beside/main; cd ../beside/main; git -c user.name=n -c user.email=e commit -q --allow-empty -m first; git worktree add -q ../tree`,
    flags: ["--rw", "--cwd", "BESIDE/tree"],
    script:
      "echo a > a && git add a && git -c user.name=n -c user.email=e commit -qm second && git log --format=%s && echo x > BESIDE/main/.git/hooks/pre-commit",
    stdout: /^second\nfirst\n$/,
    stderr: /Read-only/,
    exitCode: 2,
  },
  {
    title: "a file .git that names another place gives nothing",
    prepare: `mkdir -p ../beside/x/.git/worktrees/w ../beside/x/.git/objects ../beside/x/.git/refs; echo 'gitdir: BESIDE/x/.git/worktrees/w' > .git`,
    script: "ls BESIDE 2>&1",
    stdout: /No such file/,
    exitCode: 2,
  },
  {
    title: "the caller's git settings are there, without what runs or opens something",
    prepare:
      "printf '[user]\\n\\tname = N N\\n\\temail = e@e\\n[credential]\\n\\thelper = store\\n[core]\\n\\tsshCommand = evil\\n\\tpager = evil\\n[url \"https://token@host/\"]\\n\\tinsteadOf = https://host/\\n' > .gitconfig",
    env: { HOME: "DIR" },
    flags: ["--cwd", "BESIDE"],
    script: "git config --global --list",
    stdout: /^(?:filter\.lfs\..*\n)*user.name=N N\nuser.email=e@e\n$/,
  },
  {
    title: "what git lfs install writes is there, and no filter of another name",
    prepare:
      'printf \'[filter "lfs"]\\n\\tclean = git-lfs clean -- %%f\\n\\trequired = true\\n[filter "x"]\\n\\tclean = evil\\n\' > .gitconfig',
    env: { HOME: "DIR" },
    flags: ["--cwd", "BESIDE"],
    script: "git config --global --get-regexp '(clean|required)$'",
    stdout: /^filter\.lfs\.clean git-lfs clean -- %f\nfilter\.lfs\.required true\n$/,
  },
  {
    title: "servers and certificates of npm's settings are there, and no token",
    prepare:
      "printf 'registry=https://r.test/\\n//r.test/:_authToken=SECRET\\ncafile=~/ours\\nignore-scripts=true\\n' > .npmrc; printf -- '-----BEGIN CERTIFICATE-----\\nA\\n-----END CERTIFICATE-----\\n' > ours",
    env: { HOME: "DIR", NPM_CONFIG_GLOBALCONFIG: "/dev/null", PATH: "/bin" },
    flags: ["--cwd", "BESIDE"],
    script:
      "grep -vE '^(audit|fund|omit-.*)=' ~/.npmrc | sort; head -n 1 DIR/ours; mkdir -p ~/.config/other ~/.cargo; ls -A DIR",
    stdout:
      /^cafile=(\/\S+)\/ours\nignore-scripts=true\nregistry=https:\/\/r.test\/\n-----BEGIN CERTIFICATE-----\nours\n$/,
  },
  {
    title: "a file that is bound at the place of such settings counts instead",
    prepare: "echo registry=https://r.test/ > .npmrc; echo own > ../beside/own",
    env: { HOME: "DIR" },
    flags: ["--cwd", "BESIDE", "--bind", "BESIDE/own:/home/sandbox/.npmrc"],
    script: "cat ~/.npmrc",
    stdout: /^own\n$/,
  },
  {
    title: "modules of the directory above are found",
    prepare: "mkdir -p node_modules/m sub; echo 'module.exports = 7' > node_modules/m/index.js",
    flags: ["--cwd", "sub"],
    script: "node -p 'require(\"m\")'",
    stdout: /^7\n$/,
  },
];

const guards: readonly Row[] = [
  {
    title: "what Coffer itself executes from the home directory is out of reach, there or not",
    prepare: "mkdir -p .cache/coffer-oci; echo kept > .cache/coffer-oci/code",
    env: { HOME: "DIR", XDG_CACHE_HOME: "DIR/.own" },
    flags: ["--rw"],
    script: `
      (for dir in .cache/coffer .cache/coffer-oci .own/coffer .own/coffer-oci; do mkdir -p $dir; echo evil > $dir/code; done
      mv .cache x; mv .own y; mkdir -p .cache/coffer-oci .own/coffer/wasm; echo evil > .own/coffer/wasm/code) 2>/dev/null
      find . -name code; touch .cache/other && echo other`,
    stdout: /^other\n$/,
    stderr: /home directory/,
  },
  {
    title: "what Coffer itself believes is out of reach without guards as well",
    prepare: "mkdir -p .cache/coffer; echo 1 > .envrc",
    env: { HOME: "DIR", XDG_CACHE_HOME: "DIR/.own" },
    flags: ["--rw", "--no-guards"],
    script: `
      (for dir in .cache .own .local; do mv $dir x; done; mkdir -p .cache/coffer .local/state/coffer .own/coffer-oci
      for dir in .cache/coffer .local/state/coffer .own/coffer-oci; do echo evil > $dir/code; done) 2>/dev/null
      find . -name code; echo 2 > .envrc; touch .cache/other && cat .envrc`,
    stdout: /^2\n$/,
    stderr: /home directory/,
  },
  {
    title: "what a link of the home directory leads to cannot be exchanged",
    prepare: "mkdir ../beside/elsewhere; ln -s BESIDE/elsewhere .cache",
    env: { HOME: "DIR" },
    flags: ["--rw"],
    script: "mv .cache x; echo moved",
    stdout: /^$/,
    stderr: /cannot let ".*\.cache\/coffer" be exchanged.*the link ".*\.cache" leads to it/,
    exitCode: 125,
  },
  {
    title: "what Coffer believes is out of reach where a link leads, there or not",
    prepare: "mkdir -p ../beside/a/b home; ln -s BESIDE/a/b home/.cache",
    env: { HOME: "DIR/home" },
    flags: ["--write", "BESIDE"],
    script: `
      cd BESIDE; (mv a x; mkdir -p a/b/coffer; echo evil > a/b/coffer/code) 2>/dev/null
      find . -name code; touch a/free && echo kept`,
    stdout: /^kept\n$/,
  },
  {
    title: "nothing is made in a guarded directory",
    prepare: "mkdir -p .github/workflows .config/git",
    flags: ["--rw"],
    script:
      "mkdir .github/actions; touch .config/git/config; mv .github x; ls .github; mkdir dist .config/other && ls .config",
    stdout: /^workflows\ngit\nother\n$/,
    stderr: /Read-only.*Read-only.*busy/s,
  },
  {
    title: "hooks and config stay, and commits work",
    prepare: `git init -q; echo x > x; git add x; ${commit}; mkdir .vscode .github .github/workflows; echo 1 > .vscode/settings.json; echo 1 > .github/workflows/ci.yml; echo 1 > .envrc; echo 1 > .mcp.json`,
    flags: ["--rw"],
    script: `
      (for name in .git/hooks/pre-commit .git/config .vscode/settings.json .github/workflows/ci.yml .envrc .mcp.json; do echo evil > $name; done
      git config core.hooksPath /tmp/x; mv .git g; mv .vscode v; mv .github g; rm -rf .envrc; ln .git/config c; rm -rf .git/hooks; mkdir h; mv -T h .git/hooks) >/dev/null 2>&1
      cat .vscode/settings.json .github/workflows/ci.yml .envrc .mcp.json
      git config core.hooksPath; test -e .git/hooks/pre-commit && echo hook
      git config --local user.name; export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e
      echo y > y; git add y; git commit -qm second; git checkout -qb side; echo z > z; git add z; git commit -qm third; git rebase -q --onto HEAD~2 HEAD~1
      git log --format=%s; git stash list; git status --short --untracked-files=no`,
    stdout: /^1\n1\n1\n1\nthird\nfirst\n$/,
    stderr: /^coffer: denied: write \S+\/\.git\/config: guarded: [^\n]*\n$/,
  },
  {
    title: "a guard that is named is none",
    prepare: "git init -q",
    flags: ["--rw", "--write", ".git/hooks"],
    script: "echo x > .git/hooks/pre-commit && ls .git/hooks/pre-commit",
    stdout: /pre-commit/,
  },
  {
    title: "what is read or hidden in the repository frees no other part",
    prepare: "git init -q; mkdir -p .git/hooks",
    flags: ["--rw", "--read", ".git/hooks", "--deny", ".git/config"],
    script: "mv .git g || echo kept",
    stdout: /^kept\n$/,
    stderr: /busy/,
  },
  {
    title: "a directory that is named in what can be written stays where it is",
    prepare: "mkdir -p a/b; echo 1 > a/b/.envrc",
    flags: ["--rw", "--write", "a/b"],
    script: "mv a c || mv a/b a/c || echo 2 > a/b/.envrc || touch a/b/free && cat a/b/.envrc",
    stdout: /^1\n$/,
    stderr: /busy.*busy.*Read-only/s,
  },
  {
    title: "a tree that is bound elsewhere is guarded there",
    prepare: "git init -q ../beside; mkdir -p ../beside/.git/hooks; echo 1 > ../beside/.envrc",
    flags: ["--bind", "BESIDE:/data:rw"],
    script:
      "echo 2 > /data/.envrc; echo x > /data/.git/hooks/x; mv /data/.git /data/g || touch /data/free && echo kept",
    stdout: /^kept\n$/,
    stderr: /Read-only.*Read-only.*busy/s,
  },
  {
    title: "the tree itself can be bound elsewhere, and is guarded there",
    prepare: "git init -q; mkdir -p .git/hooks; echo in > in",
    flags: ["--bind", ".:/data:rw"],
    script: "cat /data/in; echo x > /data/.git/hooks/x; touch in || touch /data/free && echo free",
    stdout: /^in\nfree\n$/,
    stderr: /Read-only.*Read-only/s,
  },
  {
    title: "--no-guards leaves all of it writable",
    prepare: "git init -q; echo 1 > .envrc",
    flags: ["--rw", "--no-guards"],
    script: "echo 2 > .envrc && cat .envrc",
    stdout: /^2\n$/,
  },
  {
    title: "a name that was not there is told when it was made",
    flags: ["--rw"],
    script: "echo 1 > .envrc",
    stdout: /^$/,
    stderr: /the sandbox made ".*\.envrc"/,
  },
  {
    title: "nothing is made for names that are not there",
    prepare: "git init -q",
    flags: ["--rw"],
    script: "git status --short; ls -A",
    stdout: /^.. config.json\n.. rootfs\/\n.git\nconfig.json\nrootfs\n$/,
  },
  {
    title: "hooks and settings that the config names in the tree are guarded",
    prepare:
      "git init -q; mkdir .githooks; echo > more; git config core.hooksPath .githooks; git config include.path ../more",
    flags: ["--rw"],
    script: "touch .githooks/pre-commit; echo x > more; mv .githooks h; touch free",
    stdout: /^$/,
    stderr: /pre-commit.*Read-only.*more: Read-only.*busy/s,
  },
  {
    title: "another working tree's way to its repository is guarded",
    prepare: `git init -q; ${commit} --allow-empty; git worktree add -q ../beside/tree`,
    flags: ["--rw"],
    script: "echo /tmp > .git/worktrees/tree/commondir; mv .git/worktrees w",
    stdout: /^$/,
    stderr: /Read-only.*busy/s,
    exitCode: 1,
  },
  {
    title: "a repository beneath is guarded",
    prepare: "mkdir sub; git init -q sub",
    flags: ["--rw"],
    script: "echo x > sub/.git/hooks/pre-commit",
    stdout: /^$/,
    stderr: /Read-only/,
    exitCode: 2,
  },
  {
    title: "a guarded name that is a link stays one, and what it leads to is guarded",
    prepare: "mkdir v; ln -s v .vscode; ln -s ../env .envrc",
    flags: ["--rw"],
    script:
      "(rm .vscode; ln -sfn x .vscode; rm .envrc; touch .vscode/x v/x) 2>/dev/null; readlink .vscode .envrc; ls v; touch w",
    stdout: /^v\n\.\.\/env\n$/,
  },
  {
    title: "what a guarded link leads to can be written if something in it is named, which is told",
    prepare: "mkdir -p v/w; ln -s v .vscode",
    flags: ["--rw", "--write", "v/w"],
    script: "rm .vscode 2>/dev/null; touch .vscode/x v/w/x && ls v v/w",
    stdout: /^v:\nw\nx\n\nv\/w:\nx\n$/,
    stderr: /v" is not guarded, although a guarded link leads there/,
  },
];

const nvm = "../beside/nvm/versions/node/v1";
const tool = (dir: string): string =>
  `mkdir -p ${dir}/bin; printf '#!/bin/sh\\necho tool\\n' > ${dir}/bin/tool; chmod +x ${dir}/bin/tool`;

const tools: readonly Row[] = [
  {
    title: "a toolchain that PATH and its variable name can be used",
    prepare: tool(nvm),
    env: { PYENV_ROOT: "BESIDE/nvm", PATH: "BESIDE/nvm/versions/node/v1/bin:/usr/bin:/bin" },
    script: "tool; echo $PYENV_ROOT; touch $PYENV_ROOT/x",
    stdout: /^tool\n\S+\/beside\/nvm\n$/,
    stderr: /Read-only/,
    exitCode: 1,
  },
  {
    title: "--tools none leaves it away",
    prepare: tool(nvm),
    flags: ["--tools", "none"],
    env: { PYENV_ROOT: "BESIDE/nvm", PATH: "BESIDE/nvm/versions/node/v1/bin:/usr/bin:/bin" },
    script: "command -v tool; echo $PYENV_ROOT.",
    stdout: /^\.\n$/,
  },
  {
    title: "a directory of PATH comes with the libraries beside it, and without anything else",
    prepare: `${tool("../beside/kit")}; mkdir ../beside/kit/lib; echo l > ../beside/kit/lib/l; echo s > ../beside/s`,
    env: { PATH: "BESIDE/kit/bin:/usr/bin:/bin" },
    script: "tool; cat BESIDE/kit/lib/l; ls BESIDE",
    stdout: /^tool\nl\nkit\n$/,
  },
  {
    title: "browsers that test runners have downloaded can be used, and not changed",
    prepare:
      "for one in ms-playwright puppeteer Cypress; do mkdir -p ../beside/.cache/$one; echo $one > ../beside/.cache/$one/b; done",
    env: { HOME: "BESIDE" },
    script: `cat $PLAYWRIGHT_BROWSERS_PATH/b $(printenv | sed -n 's/^PUPPETEER_CACHE_[^=]*=//p')/b $CYPRESS_CACHE_FOLDER/b
      touch BESIDE/.cache/ms-playwright/x`,
    stdout: /^ms-playwright\npuppeteer\nCypress\n$/,
    stderr: /Read-only/,
    exitCode: 1,
  },
  {
    title: "npm's settings of all users beside a toolchain are empty",
    prepare: `${tool("../beside/kit")}; mkdir ../beside/kit/lib ../beside/kit/etc; echo t | tee ../beside/kit/etc/npmrc ../beside/kit/etc/other`,
    env: { PATH: "BESIDE/kit/bin:/usr/bin:/bin" },
    script: "tool; cat BESIDE/kit/etc/npmrc BESIDE/kit/etc/other",
    stdout: /^tool\nt\n$/,
  },
  {
    title: "credentials beside a toolchain are not seen",
    prepare: `${tool("../beside/cargo")}; echo t > ../beside/cargo/credentials.toml`,
    env: { CARGO_HOME: "BESIDE/cargo", PATH: "BESIDE/cargo/bin:/usr/bin:/bin" },
    script: "tool; ls BESIDE/cargo",
    stdout: /^tool\nbin\n$/,
  },
  {
    title: "--cache shares the downloads of a tool, and nothing else",
    prepare: "mkdir -p ../beside/.npm; echo old > ../beside/.npm/old; echo s > ../beside/.npmrc",
    env: { HOME: "BESIDE" },
    flags: ["--cache", "npm"],
    script: "cat ~/.npm/old; echo new > ~/.npm/new; ls -A -I .gitconfig -I .npmrc -I .config ~",
    stdout: /^old\n\.npm\n$/,
  },
  {
    title: "the wrappers of Maven and Gradle are downloads of these, wherever Gradle's are",
    prepare: "mkdir -p ../beside/.m2/wrapper/dists ../beside/g/caches; echo m > ../beside/.m2/wrapper/dists/old",
    env: { HOME: "BESIDE", GRADLE_USER_HOME: "BESIDE/g" },
    flags: ["--cache", "gradle,maven"],
    script: `cat ~/.m2/wrapper/dists/old; find ~/.m2 ~/.gradle -type d | sed "s:$HOME/::" | sort
      touch ~/.gradle/wrapper/dists/new && ls BESIDE/g`,
    stdout:
      /^m\n\.gradle\n\.gradle\/caches\n\.gradle\/wrapper\n\.gradle\/wrapper\/dists\n\.m2\n\.m2\/repository\n\.m2\/wrapper\n\.m2\/wrapper\/dists\n$/,
    stderr: /beside\/g': No such file/,
    exitCode: 2,
  },
  {
    title: "pnpm has an empty store of its own in the directory that it shares with its programs",
    prepare: "mkdir -p ../beside/.local/share/pnpm/store/v10; echo t > ../beside/.local/share/pnpm/tool",
    env: { HOME: "BESIDE" },
    script: "ls -A $PNPM_HOME/store; mkdir -p $PNPM_HOME/store/v10 && cat $PNPM_HOME/tool; touch $PNPM_HOME/x 2>&1",
    stdout: /^t\n.*Read-only/s,
    exitCode: 1,
  },
  {
    title: "a directory of pnpm without a store is not told: pnpm could make none there",
    prepare: "mkdir -p ../beside/.local/share/pnpm",
    env: { HOME: "BESIDE" },
    script: "printenv PNPM_HOME || echo none",
    stdout: /^none\n$/,
  },
  {
    title: "a store of pnpm that flags let be written is the host's",
    prepare: "mkdir -p ../beside/.local/share/pnpm/store; echo old > ../beside/.local/share/pnpm/store/old",
    env: { HOME: "BESIDE" },
    flags: ["--write", "BESIDE/.local/share/pnpm"],
    script: "cat $PNPM_HOME/store/old",
    stdout: /^old\n$/,
  },
  {
    title: "caches that projects note are where the host has them",
    prepare: "mkdir -p ../beside/.local/share/pnpm/store; echo old > ../beside/.local/share/pnpm/store/old",
    env: { HOME: "BESIDE" },
    flags: ["--cache", "pnpm,yarn"],
    script:
      "cat BESIDE/.local/share/pnpm/store/old; touch $PNPM_HOME/store/new $YARN_GLOBAL_FOLDER/new && ls -A BESIDE/.yarn/berry",
    stdout: /^old\nnew\n$/,
  },
  {
    title: "a tool whose downloads are not known is refused",
    flags: ["--cache", "npm,rpm"],
    script: "true",
    stdout: /^$/,
    stderr: /cache/,
    exitCode: 125,
  },
];

declare([...named, ...secrets, ...git, ...guards, ...tools]);
