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
          "toolchains that `PATH` and variables such as `NVM_DIR`, `PYENV_ROOT`, `RUSTUP_HOME` and `GOROOT` name, read-only; none with `--tools none`",
          "the caller's git name and settings that neither run nor open anything",
          "what flags name",
        ],
      },
      {
        head: ["Flag", "Effect"],
        terms: [
          ["--read PATH", "the path can be read"],
          ["--write PATH", "the path can be written"],
          [
            "--deny PATH",
            "the path is hidden. `*` and `?` stand for a part of a name, `**` for any number of directories. The files that exist when the sandbox begins are hidden",
          ],
          ["--bind SRC:DST[:ro|rw]", "the host's `SRC` is at `DST`"],
          [
            "--tmp DIR",
            "an empty directory, which is gone with the sandbox. In a directory of the host, `DIR` must exist",
          ],
          [
            "--cache NAME",
            "the downloads of a tool are shared with the host, and can be written: `bun`, `cargo`, `deno`, `go`, `gradle`, `maven`, `npm`, `pip`, `pnpm`, `uv`, `yarn`. A sandbox that writes them can change what the host installs later",
          ],
          [
            "--size DIR=SIZE",
            "the size of a file system in memory. The defaults: `/tmp` and the home directory 2g, `/var/tmp` 512m, `/run` and `/dev/shm` 64m, and 512m for `--tmp`",
          ],
        ],
      },
      "The nearest rule wins: a rule holds for a path and everything beneath it, until another rule names something beneath. Links are followed when the flags are read. A link that somebody puts in place of a path afterwards makes the start fail.",
      "Well-known secrets are hidden unless a flag names them. These are keys and tokens in the home directory, sockets of agents and engines, and profiles of browsers. Files named `.env` or `.env.*` in the visible trees are hidden too. A file `.env` that git has stored stays visible, because the repository shows the content anyway. `--debug` lists what is hidden. The sandbox starts with a warning if it works in the home directory, or beside a file that looks like a private key.",
      "The repository is searched upwards only through directories of one owner, and never in the home directory itself. A file `.git` that names a directory elsewhere is believed only if git wrote the way back.",
      "In a writable tree, files that programs of the host act upon are read-only. These are the hooks and the config of git, and what the config names. Others are `.gitmodules`, `.husky`, `.vscode`, `.idea`, `.envrc`, `.mcp.json` and `.claude`, files that shells read, and files of CI services. `git commit`, `git rebase` and `git worktree add` work. `--write PATH` lifts one guard, and `--no-guards` lifts all.",
      "A guard needs the file to exist. The sandbox can create a missing one; `coffer` prints a warning at the end. Look at such a file before you use the directory. Until then programs of the host, such as a prompt that calls git, may act upon it.",
    ],
  },
  {
    title: "Limits and names of a sandbox",
    blocks: [
      "`--memory`, `--pids` and `--cpus` are held by a cgroup if the caller can make one, or by a scope of the user's systemd. Otherwise `--memory` limits each process by itself (RLIMIT_DATA), `--pids` becomes RLIMIT_NPROC, and `--cpus` is rejected. A warning says so.",
      "`--timeout SECONDS` sends TERM, and KILL five seconds later. The status is then 124.",
      "`--name NAME` makes the sandbox known to `list`, `state`, `ps`, `exec` and `kill`. Without a name, no other call of `coffer` knows the sandbox.",
    ],
  },
];
