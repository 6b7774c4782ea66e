// What a sandbox sees and may use.
import type { Section } from "./block.ts";

/** In the order of the manual. */
export const sandboxSections: readonly Section[] = [
  {
    title: "Files of a sandbox",
    blocks: [
      "A sandbox sees the host's programs, its own `/etc`, `/tmp`, `/run` and home directory, and these parts of the host:",
      {
        list: [
          "the directory to work in (`--cwd`, by default the current one), with the git repository around that directory; read-only unless `--rw` is given",
          "`node_modules` of the directories above",
          "toolchains that `PATH` and variables such as `NVM_DIR`, `PYENV_ROOT`, `RUSTUP_HOME` and `GOROOT` name, and the browsers that Playwright, Puppeteer and Cypress have downloaded; read-only, and none with `--tools none`. pnpm's directory has an empty store of its own, as large as the home directory, unless `--cache pnpm` shares the host's",
          "the caller's git name and settings that neither run nor open anything; with the socket of an SSH agent also those that sign commits by a key of the agent",
          "the servers and certificates that your settings of npm, pnpm, yarn, bun, pip, uv, cargo and Go name, and settings that run nothing, such as `ignore-scripts`. Keys, tokens, programs and proxies stay outside, and so does what turns certificates off. If one address of a tool has a user or what looks like a token, none of its addresses is given: name the server in the project, or use `--secret`",
          "what flags name",
        ],
      },
      {
        head: ["Flag", "Effect"],
        terms: [
          ["--read PATH", "the path can be read"],
          [
            "--socket PATH|NAME",
            "a unix socket of the host can be connected to, and your variables that name it are set: `SSH_AUTH_SOCK`, `DOCKER_HOST`, `DISPLAY` and others. `docker`, `session-bus`, `ssh-agent`, `system-bus`, `wayland` and `x11` are names for the sockets that these variables name; a file of such a name is `./NAME`. Whoever listens there has your rights: an engine such as docker gives the sandbox the whole host. Abstract sockets cannot be named",
          ],
          ["--write PATH", "the path can be written"],
          [
            "--deny PATH",
            "the path is hidden. `*` and `?` stand for a part of a name, `**` for any number of directories. Where the file system ignores case, so do they. The files that exist when the sandbox begins are hidden",
          ],
          ["--bind SRC:DST[:ro|rw]", "the host's `SRC` is at `DST`"],
          [
            "--tmp DIR",
            "an empty directory, which is gone with the sandbox. In a directory of the host, `DIR` must exist",
          ],
          [
            "--cache NAME",
            "the downloads of a tool are shared with the host, and can be written: `bun`, `cargo`, `deno`, `go`, `gradle`, `maven`, `npm`, `pip`, `pnpm`, `uv`, `yarn`. A sandbox that writes them can change what the host installs later. With pnpm and Yarn 4 it can also change what projects of the host run: these have links to the downloads, or run from them. `gradle` and `maven` include what gradlew and mvnw have downloaded",
          ],
          [
            "--size DIR=SIZE",
            "the size of a file system in memory. The defaults: `/tmp` and the home directory 2g, `/var/tmp` 512m, `/run` and `/dev/shm` 64m, and 512m for `--tmp`",
          ],
        ],
      },
      "The nearest rule wins: a rule holds for a path and everything beneath it, until another rule names something beneath. A path in your home directory is also in the sandbox's, as a link: programs look for it there. Links are followed when the flags are read. A word or a directory to work in is refused if a link on the way leads out of its repository, or out of the current directory. An earlier sandbox may have put it there. A link that somebody puts in place of a path afterwards makes the start fail.",
      "Well-known secrets are hidden unless a flag names them. These are keys and tokens in the home directory, what variables such as `KUBECONFIG` and `GOOGLE_APPLICATION_CREDENTIALS` name, sockets of agents and engines, and profiles of browsers. Files named `.env` or `.env.*` in the visible trees are hidden too. A file `.env` that git has stored stays visible, because the repository shows the content anyway. `--debug` lists what is hidden.",
      "Directories above a hidden file cannot be renamed, and links that lead to the file stay as they are. A file is copied if mv(1) takes it out of such a directory, and `git mv` fails there: `--explain` names the directory.",
      "Root in a sandbox has no rights to the files of other users. Call `coffer` as the user whose directory it is, or use `--overlay`: a warning says so.",
      "What you own and may not look into is hidden too. So is a unix socket in a visible tree if a program of the host listens there when the sandbox begins. A debugger, an editor or a virtual machine may do what a sandbox asks. `--socket PATH` shows it. A socket that is made later, or by a program with a network namespace of its own, can be connected to, even if the tree is read-only. `--deny PATH` hides what is there.",
      "Some editors replace a file when they save it. If a hidden file is replaced while the sandbox runs, the sandbox can read the new one. A warning at the end says so.",
      "The sandbox starts with a warning if it works in the home directory, or beside a file that looks like a private key.",
      "The repository is searched upwards only through directories of one owner, and never in the home directory itself. A file `.git` that names a directory elsewhere is believed only if git wrote the way back.",
      "In a writable tree, files that programs of the host act upon are read-only. These are the hooks and the config of every repository in it, bare ones included, and what settings of git name: yours, those of the system, and those of repositories. Scripts of `core.fsmonitor`, filters, editors and aliases are among them, and files that are included (decision 0049). Others are `.gitmodules`, `.husky`, `.vscode`, `.idea`, `.envrc`, `.mcp.json` and `.claude`, files that shells read, files of CI services, and settings of Mercurial, Sapling and Jujutsu.",
      "In such a tree `git commit` and `git rebase` work, and so does `git worktree add` for a directory in the tree. For one outside, make the directory, and name it with `--write`. `git config`, `git remote add` and all else that changes `.git/config` fail: git says that the file is busy, and `coffer` says at the end that it is guarded. Make such changes on the host. `git submodule add` stops halfway; a warning at the end says how to complete the submodule. `--write PATH` lifts one guard, and `--no-guards` lifts all. Coffer's own caches and state stay out of reach. Where a link or a second path leads to them, the sandbox is rejected.",
      "If Coffer runs from the `node_modules` of the project, its own packages there are guarded too. `npm install NAME` works; `npm ci`, which removes all packages, fails with EBUSY. Call it outside, or install Coffer with `npm install --global`.",
      "Files of settings that count for the sandbox, every project's file in its trees, and `.config/coffer` are guarded as well. A tree that `--bind` shows elsewhere is guarded there.",
      "A guard needs the file to exist. The sandbox can create a missing one; `coffer` prints a warning at the end. A guard ends when the host replaces the file while the sandbox runs, as `git config` and `git push -u` do with `.git/config`.",
      "A file with a second name, a hard link, can be written by that name. `coffer` names both kinds of files at the end. Look at such a file before you use the directory. Until then programs of the host, such as a prompt that calls git, may act upon it.",
      "No guard covers a repository that the command makes or puts into the index of the tree, with `--fence` or without. Git enters such a repository, and its config can name programs. `coffer` looks for such repositories at the end, and prints a warning with what git would run; one that only has what `git init` and `git clone` write is not reported.",
      "`coffer` also names commands that the sandbox has left for `git rebase --continue`, and programs that hide one of the host's in a directory of your PATH (decision 0056). Delete what you did not expect before git runs there. Nothing is reported while the command runs, nor if `coffer` itself is killed: then use `--overlay` and `coffer diff` (decision 0045).",
      "With `--fence` a missing guarded file cannot be created either. Landlock (Linux 6.0; `coffer doctor` tells) refuses every new name in such a tree. A supervisor beside the sandbox makes all names that are not guarded. A socket can be made, which no program reads as a file.",
      '`coffer` refuses `--fence` where the kernel lacks Landlock, and together with `--reduced`, `--unsafe-host-root`, `--unsafe-no-seccomp`, `--unsafe-new-privileges` or `--unsafe-capabilities`. Files of settings can have `"fence": true`; a project\'s file cannot. Making a name then takes about 15 µs longer, and a few ways to make one fail (decision 0031).',
    ],
  },
  {
    title: "Overlays of sandboxes",
    blocks: [
      "With `--overlay` the sandbox can write the directory to work in and its repository, and the host's files stay as they are. What is written goes to an overlay in memory, which is forgotten at the end. The overlay has 2g at most, and `--size TREE=SIZE` changes that. Paths of `--write` and `--cache` are not part of the overlay: what is written there changes the host. A repository that is outside of the tree can only be read.",
      "Hooks and settings can be written in the overlay: no program of the host sees them. The sandbox may not see what the host changes in the tree meanwhile.",
      "With `--overlay=keep --name NAME` the overlay is kept on the disk, even if everything is killed. The next sandbox of that name starts with what is in the overlay. Only one sandbox at a time can use it, and it belongs to one tree. Overlays are in `$XDG_STATE_HOME/coffer/overlays`, by default `~/.local/state/coffer/overlays`. The file system there must be one that overlays can be written to, such as ext4, xfs, btrfs or tmpfs. Only the space there bounds what is written. No sandbox sees the place. `coffer overlay list` and `coffer overlay delete NAME` manage the overlays, `coffer diff NAME` tells what is in one, `coffer apply NAME` puts that into the tree, and `coffer undo NAME` takes it back.",
      "With `--overlay=ask` the overlay is kept until the sandbox ends. Then `coffer` shows the changes on the terminal, and asks for `apply`, `keep` or `discard`. Any other answer keeps the changes, and so does a call without a terminal. The overlay has the name of `--name`, or one that `coffer` prints. If nothing was changed, nothing is kept.",
      'Files of settings can have `"overlay"` with `discard` or `keep`. A project cannot set it if you let the tree be written.',
    ],
  },
  {
    title: "Settings of a sandbox",
    blocks: [
      "What flags say can stand in files. The files are JSON; comments and trailing commas are allowed.",
      {
        head: ["File", "Whose it is"],
        terms: [
          ["/etc/coffer/sandbox.json", "the administrator's settings; only root may be able to write them"],
          ["~/.config/coffer/sandbox.json", "your own settings; nobody else may be able to write them"],
          [
            "coffer.json",
            "the project's file: in the directory to work in, or the nearest above it as far as one owner has the directories",
          ],
          ["--profile FILE", "a file that you name, and so trust"],
        ],
      },
      "The name may end in `.jsonc` as well. The files count in this order, and flags count most. Lists are put together. Of all other values the last one counts. `--no-settings` ignores the first three files.",
      {
        code: [
          "{",
          '  "extends": ["node"],            // built-in profiles, or paths of files',
          '  "writable": true,               // --rw',
          '  "read": ["../shared"],          // also write, deny, tmp, bind: paths count from this directory',
          '  "sockets": ["ssh-agent"],       // --socket: paths, or names',
          '  "cache": ["npm"],',
          '  "sizes": { "/tmp": "4g" },',
          '  "env": { "CI": "1" },           // keepEnv names variables of the caller',
          '  "network": { "allow": ["example.org:443"], "deny": [], "hostPorts": [5432], "publish": ["3000"] },',
          '  "limits": { "memory": "2g", "pids": 500, "cpus": 2, "disk": "1g", "timeout": 60000 }',
          "}",
        ],
      },
      "A relative path counts from the directory of the file. In the administrator's and your own settings it counts from the directory to work in; only `extends` counts from the directory of the settings. Other users must not be able to write these settings, the files that they extend, or a directory above one. `~/` is your home directory. `timeout` is in milliseconds. A name in `sockets` is ignored if your session has no such service.",
      {
        head: ["Built-in profile", "What it gives"],
        terms: [
          [
            "node, python, rust, go, java",
            "the public registry of packages of the language; for `node` also Yarn 1's name for it, registry.yarnpkg.com; for `java` Maven's central repository, and the portal of Gradle's plugins",
          ],
          ["build", "a writable tree"],
          ["agent", "a writable tree, and at most 4096 processes"],
          ["install", "a writable tree, and all of these registries"],
          ["browser", "1g of shared memory"],
        ],
      },
      "A project's file must belong to you or to root, and nobody else may be able to write it or its directory; otherwise the sandbox does not start without `--no-settings`. Even then, Coffer treats the file as the work of others. The file can take away: hide paths, make limits lower, set variables, read its own tree. Everything else must be accepted or granted. `coffer accept` accepts the file as it is, until a byte of it changes. `projects` in your own settings grants something to every project. If the administrator's settings have `projects`, these must grant it as well. A file that asks for more is an error, and the error names what is missing. Paths are judged by what they lead to. A grant for a directory around a well-known secret does not grant the secret, and no grant for a directory grants a socket in it. A project's file may extend built-in profiles, and files in its own directory.",
      {
        code: [
          '{ "projects": { "writable": true, "allow": ["registry.npmjs.org:443"], "read": ["~/shared"], "cache": ["npm"] } }',
        ],
      },
      '`projects` may have `read`, `write`, `sockets`, `writable`, `cache`, `keepEnv`, `allow`, `hostPorts`, `publish` and `sizes`. `--profile coffer.json` accepts the file for one call, whatever the administrator lets projects have. A file that is accepted may also have `"guards": false`, `"fence"` and `"mode": "user"`, which no grant gives. It never makes a limit higher than your own settings. The JSON Schemas are `schema/profile.json` and `schema/settings.json` in the npm package.',
    ],
  },
  {
    title: "What a sandbox denied",
    blocks: [
      "At its end `coffer` prints each connection that was denied, and the flag that allows the connection. If a command fails in a sandbox without a network, and one of its programs wanted to reach a host, `coffer` says that too. If the sandbox has a proxy, and the command fails after a program has asked for a name or an address without that proxy, `coffer` says so. The kernel counts such attempts; `--explain` names the addresses. The first line of the proxy's answer has the reason too: npm and pip print it. `coffer why` answers beforehand. If a command fails, `coffer` also prints each allowed host that could not be reached, and why: no such host, a refused connection, or no answer.",
      "Git says of a config that is guarded only that the file is busy. So `coffer` names each guarded config that git has tried to change. `coffer exec` into a sandbox says the same at its end, and that its command has failed without a network. What other commands of the sandbox want meanwhile counts as well. The command that made the sandbox tells of the connections that the proxy denied.",
      "`--explain` lists at the end each file, socket and address that the command asked for and did not get, with the flag that allows it. The kernel tells of each call that names one (seccomp_unotify(2)), so that a command which swallows its errors is explained as well. Every call goes on as without the flag. No flag is suggested that shows a secret or lifts a guard. Programs are started with a library (`LD_PRELOAD`) which keeps from that list what cannot have been denied, so that little time is lost. A program without a C library works without it, and more slowly; one of 32 bits says that it cannot load the library. `--env LD_PRELOAD=` leaves it out. `--explain` needs Linux 6.0; see decision 0066.",
      "`--hints` reads what the command says on standard error, and guesses which files it was denied. In a sandbox without a network it guesses the hosts as well: no proxy is there to tell of them. The words are the command's, and may be false: no guess suggests to show a secret, or to lift a guard. A terminal has one stream for all output, so `--hints` needs a file or a pipe there.",
      "`--json-log FILE` appends a line of JSON for each event: `start`, `connected`, `denied`, `failed`, `guess`, `end`. The file is opened before the command runs, and is not looked up again. The command sees an empty file in its place, which it cannot change; with `--reduced` it may change what it may write. At most 10,000 connections are logged.",
      "`--learn FILE` lets the command reach every public host, and writes a profile with the hosts that it has reached, and the sockets that it was given. What was denied is in comments, found as by `--explain` where that can be had. Look at the profile before you use it.",
    ],
  },
  {
    title: "Where user namespaces are restricted",
    blocks: [
      "A sandbox needs a user namespace. If the host refuses one, the error names what refuses, and what root can do about it. `coffer doctor` tells beforehand.",
      {
        head: ["What refuses", "What to do"],
        terms: [
          ["`kernel.unprivileged_userns_clone` is 0", "have root set the sysctl to 1"],
          ["`user.max_user_namespaces` is 0", "have root set the sysctl to a number such as 15000"],
          [
            "`kernel.apparmor_restrict_unprivileged_userns` is 1, as on Ubuntu",
            "have root run the command that the error prints. It loads an AppArmor profile for the helper of Coffer, which confines nothing and allows user namespaces. Every user who may write the helper gets them by it: for a helper in a home directory that is its owner. The Debian package has the profile in `/usr/share/coffer/apparmor`",
          ],
          [
            "an AppArmor profile of the caller, as in a container of docker or LXC",
            "run the outer container without that profile, or let it nest",
          ],
          ["a seccomp filter, as that of docker", "run the outer container with `--security-opt seccomp=unconfined`"],
        ],
      },
      "`--reduced` needs no namespaces, and works in all of these places. Landlock and seccomp alone then keep the command apart, without a network. `coffer audit sandbox --reduced -- COMMAND` lists what stays open.",
    ],
  },
  {
    title: "Limits and names of a sandbox",
    blocks: [
      "`--memory`, `--pids` and `--cpus` are held by a cgroup if the caller can make one, or by a scope of the user's systemd. Otherwise `--memory` limits each process by itself (RLIMIT_DATA), `--pids` becomes RLIMIT_NPROC, and `--cpus` is rejected. A warning tells what that does not hold.",
      "`--disk SIZE` bounds each file (RLIMIT_FSIZE) and each file system in memory, an overlay in memory among them. No kernel limit counts all files that one program writes to the host's disks: a warning says so where the sandbox can write there. Standard output that is a file of the host counts as well.",
      "`--timeout SECONDS` sends TERM, and KILL five seconds later. The status is then 124, and one line on standard error says so.",
      "`--name NAME` makes the sandbox known to `list`, `state`, `ps`, `exec` and `kill`. Without a name, no other call of `coffer` knows the sandbox.",
      "The command gets none of your variables but `CI`, `COLORTERM`, `FORCE_COLOR`, `NO_COLOR` and `TZ`, `TERM` if standard output is a terminal, and those of toolchains. Variables that name certificates, such as `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE`, are among them if the file is in `/etc/ssl/certs`, `/etc/pki` or `/usr`. `--env NAME` passes another one.",
      "In every sandbox the variable `COFFER_SANDBOX` has the name, or is 1. Programs may show it; it is no proof of anything. `npm_config_update_notifier` is `false`: npm would look for a newer npm in each sandbox, and takes 0.15 s for that. `NODE_DISABLE_COMPILE_CACHE` is 1, unless `--env` gives `NODE_COMPILE_CACHE`: npm would write 540 files to the sandbox's `/tmp` each time. For root `TAR_OPTIONS` is `--no-same-owner`: the users of an archive are not in the sandbox. To give a file to another user fails with EPERM.",
      "A program in a sandbox cannot make namespaces. So `coffer sandbox`, bubblewrap and the sandbox of Chromium fail there; Chromium runs with `--no-sandbox`. `--unsafe-user-namespaces` lets an ordinary user's programs make them; bubblewrap's `--proc` needs `--unsafe-no-masks` as well. A program with namespaces can move what is guarded or hidden in a tree that it may write: use `--fence`, or an `--overlay` that is discarded. The start warns, and the end says which guarded names were replaced.",
      "Without a network, variables tell npm, pip, cargo and yarn not to repeat a request. npm would need 72 s for its error.",
    ],
  },
];
