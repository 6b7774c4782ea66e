// Modules of WebAssembly, and credentials that a sandbox may use but not have.
import type { Group, Row } from "../matrix/types.ts";
import { shown } from "./words.ts";

const shim = (name: string): string => `helper-c/wasm/${name}.c`;

const modules: readonly Row[] = [
  {
    id: "wasm: paths of the directory of a module",
    cause: "`..`, absolute paths, links and renames lead out of the directory that a module was given",
    rules: ["R1"],
    by: [shim("path")],
    show: shown("test/wasm/run.test.ts", "a module uses its directory in every way, and cannot leave it"),
  },
  {
    id: "wasm: the directory of a module: race",
    cause: "a component is exchanged with a link between the look and the open",
    rules: ["R1"],
    by: [shim("path")],
    show: shown("test/wasm/hostile.test.ts", "a directory that becomes a link again and again never leads out"),
  },
  {
    id: "wasm: file systems of the kernel",
    cause: "/proc/self/mem is a plain file: a module writes machine code over the text of its own program",
    rules: ["R1", "R12"],
    by: [shim("descriptor"), shim("path"), shim("start")],
    show: shown("test/wasm/pseudo.test.ts", "the module of a bundle reaches no file system of the kernel"),
  },
  {
    id: "wasm: the module of a shared root directory is exchanged",
    cause: "a link or a device takes the place of a module between the look and the read",
    rules: ["R1", "R5"],
    by: ["packages/core/src/system/node/files/files.ts", "packages/core/src/wasm/bundle.ts"],
    show: shown(
      "packages/core/src/system/node/files/bytes.test.ts",
      "a held directory has no file through a link, and none that is not regular",
    ),
  },
  {
    id: "wasm: names and counts of a module",
    cause: "a name speaks to the terminal, or millions of empty sections use up the memory of who reads them",
    rules: ["R9"],
    by: ["packages/core/src/wasm/inspect.ts", "packages/core/src/wasm/module/read.ts"],
    show: shown("test/wasm/inspect.test.ts", "a name of a module cannot speak to the terminal"),
  },
  {
    id: "wasm: memory, tables and signatures",
    cause: "an access beyond the linear memory, or a call through a table with another type, reaches the program",
    rules: ["R9"],
    by: [shim("memory"), shim("trap")],
    show: shown("test/wasm/run.test.ts", "a trap names itself and its function: "),
  },
  {
    id: "wasm: the stack of a module",
    cause: "a frame is larger than the guard below the stack, and the module writes to what lies behind it",
    rules: ["R9"],
    by: [shim("start"), "packages/core/src/wasm/build/compile.ts"],
    show: shown("test/wasm/tcc.test.ts", "a frame larger than any page ends in the guard of the stack"),
  },
  {
    id: "wasm: descriptors of a module",
    cause: "a number that is not open, a renumbered or a closed one gives a module another file, or more rights to one",
    rules: ["R1", "R9"],
    by: [shim("descriptor"), shim("fd")],
    show: shown(
      "test/wasm/descriptors.test.ts",
      "a descriptor is what it was opened as, whatever a module does with its number",
    ),
  },
  {
    id: "wasm: imports of a module",
    cause: "a module imports what WASI does not have, or calls a function of WASI with other types than it has",
    rules: ["R9"],
    by: ["packages/core/src/wasm/module/check.ts"],
    show: shown(
      "packages/core/src/wasm/module/module.test.ts",
      'imports "wasi_snapshot_preview1" "fd_fly", which WASI preview 1 does not have',
    ),
  },
  {
    id: "wasm: calls beyond the imports",
    cause: "a module that breaks out of its memory makes any system call",
    rules: ["R12"],
    by: ["packages/core/src/wasm/wasi/table.ts"],
    show: shown("test/wasm/imports.test.ts", " runs under the filter of its own calls, and makes each of them"),
  },
  {
    id: "wasm: a translator that was taken over",
    cause: "the compiler reads a hostile module, and runs with the rights of the caller",
    rules: ["R9", "R10"],
    by: ["packages/core/src/wasm/build/compile.ts"],
    show: shown(
      "test/wasm/hostile.test.ts",
      "a translator that was taken over reaches nothing, and its words are escaped",
    ),
  },
  {
    id: "wasm: an initialiser of a snapshot",
    cause: "a module runs while it is compiled, and keeps a random number or a time for every container",
    rules: ["R9", "R10"],
    by: [shim("snapshot"), "helper-c/wasm/guest/snapshot.sh", "packages/core/src/wasm/build/compile.ts"],
    show: shown("test/wasm/snapshot.test.ts", "an initialiser is refused that "),
  },
  {
    id: "wasm: what an initialiser is told",
    cause: "a program keeps a variable, a time, a file or random bytes of the host on which it was made",
    rules: ["R9", "R10"],
    by: ["helper-c/wasm/guest/answers.c", "helper-c/wasm/guest/snapshot.sh"],
    show: shown(
      "test/wasm/prepared.test.ts",
      "a program has nothing of the host that it was made on, and is the same whoever makes it",
    ),
  },
  {
    id: "wasm: a snapshot of another program",
    cause: "a program begins with memory that was changed, or that another function has made",
    rules: ["R5", "R9"],
    by: ["packages/core/src/wasm/build/store.ts"],
    show: shown(
      "test/wasm/snapshot.test.ts",
      "a snapshot that was changed in the cache, or is of another module, is made again",
    ),
  },
  {
    id: "wasm: a poisoned cache",
    cause: "a compiled program is exchanged before it is used again",
    rules: ["R5", "R9"],
    by: ["packages/core/src/wasm/build/store.ts"],
    show: shown("test/wasm/cache.test.ts", "a cache that others may write to is not used"),
  },
  {
    id: "sandbox: a poisoned plan",
    cause: "a plan that was kept is exchanged, or is used although the host has changed",
    rules: ["R8", "R9"],
    by: [
      "packages/core/src/runtime/sandbox/kept/kept.ts",
      "packages/core/src/runtime/sandbox/known/known.ts",
      "packages/core/src/runtime/sandbox/own/reach.ts",
    ],
    show: shown(
      "packages/core/src/runtime/sandbox/kept/kept.test.ts",
      "a plan counts for nothing if others may write to the directory",
    ),
  },
];

const fences: readonly Row[] = [
  {
    id: "sandbox: a guarded name that is missing is made",
    cause: "a name that programs of the host act upon is made by a call, an ABI or a race that nobody looks at",
    rules: ["R1", "R12"],
    by: ["packages/core/src/plan/process/supervisor.ts", "helper-c/satellite/supervisor/guards.c"],
    show: shown("test/sandbox/fence.test.ts", "nothing makes "),
  },
  {
    id: "sandbox: a supervisor makes what its caller's own domain forbids",
    cause: "a process outside of a Landlock domain makes names for a program that has put itself into one",
    rules: ["R10", "R12"],
    by: ["helper-c/satellite/supervisor/calls.c", "helper-c/satellite/supervisor/caller.c"],
    show: shown(
      "test/sandbox/fence-same.test.ts",
      "what confines itself by Landlock is not helped around its own domain",
    ),
  },
  {
    id: "sandbox: a command has its caller show a secret or lift a guard",
    cause: "what a command asks for is listed with the flag that allows it, and the command asks for what it wants",
    rules: ["R10"],
    by: ["packages/core/src/runtime/sandbox/denied/judge.ts"],
    show: shown("test/sandbox/explained.test.ts", "no flag is suggested that shows a secret or lifts a guard"),
  },
];

const secrets: readonly Row[] = [
  {
    id: "secrets: sent to another host",
    cause: "a redirect, another name in TLS or in `Host`, another port, or plain HTTP takes a credential elsewhere",
    rules: ["R10"],
    by: ["packages/core/src/egress/secrets.ts"],
    show: shown(
      "test/api/secrets.test.ts",
      "no other host gets the value: redirects, other names, other ports, plain HTTP",
    ),
  },
  {
    id: "secrets: seen by the command",
    cause: "the value of a credential is in the environment, the plan or a record",
    rules: ["R10"],
    by: ["packages/core/src/egress/secrets.ts"],
    show: shown(
      "test/sandbox/secret.test.ts",
      "a command has a placeholder, and the value is in no plan, no record and no message",
    ),
  },
];

const egress: readonly Row[] = [
  {
    id: "egress: another host than the rules name",
    cause:
      "names are compared as text, an allowed name leads to the host's own network, or an address is written otherwise",
    rules: ["R10"],
    by: ["packages/core/src/egress/rules.ts"],
    show: shown("test/defence/egress.test.ts", "no attempt gets through, and what is allowed does"),
  },
  {
    id: "user-mode network: a packet to an address that is denied",
    cause: "an address is denied by a route, which nobody needs who names the interface of a packet",
    rules: ["R9", "R10"],
    by: ["helper-c/network/address-rules.c", "packages/core/src/egress/user-rules.ts"],
    show: shown("test/sandbox/user-network.test.ts", "no way to send a packet passes the rules"),
  },
  {
    id: "user-mode network: its program is taken over by a packet",
    cause: "who parses packets of a sandbox has files, descriptors, sockets or rights of its caller",
    rules: ["R6", "R11", "R12"],
    by: ["helper-c/network/user-network.c"],
    show: shown("test/sandbox/user-network-ends.test.ts", "a program that a packet has taken over has next to nothing"),
  },
  {
    id: "user-mode network: its program outlives the sandbox",
    cause: "who joins a namespace keeps it, and does not notice that whoever asked for that was killed",
    rules: ["R8", "R14"],
    by: ["helper-c/network/user-network.c"],
    show: shown("test/sandbox/user-network-ends.test.ts", "nothing is left of it, however the sandbox ends"),
  },
];

const leavings: readonly Row[] = [
  {
    id: "sandbox: what settings of git name is exchanged",
    cause:
      "git of the host runs a script, or reads settings, that a sandbox can write: another setting than hooks names it",
    rules: ["R10", "R11"],
    by: ["packages/core/src/runtime/sandbox/git/effective.ts", "packages/core/src/runtime/sandbox/git/programs.ts"],
    show: shown("test/sandbox/settings.test.ts", "the host does not run what a sandbox has made of "),
  },
  {
    id: "sandbox: a repository is made that git of the host enters",
    cause: "git status of the host runs what the settings of a new submodule, package or bare repository say",
    rules: ["R10", "R11"],
    by: ["packages/core/src/runtime/sandbox/left/judge.ts", "packages/core/src/runtime/sandbox/left/search.ts"],
    show: shown("test/sandbox/repositories.test.ts", "what git of the host would run is told"),
  },
  {
    id: "sandbox: what a name .git leads to has no guard",
    cause: "a link or a file `.git` leads to a repository of another name, and git of the host runs its hooks",
    rules: ["R10", "R11"],
    by: ["packages/core/src/runtime/sandbox/seen.ts", "packages/core/src/runtime/sandbox/git/tree.ts"],
    show: shown("test/sandbox/next.test.ts", "a link .git guards what it leads to"),
  },
  {
    id: "sandbox: a made-up name .git takes a guard from what it leads to",
    cause:
      "what is in a repository is taken for git's own work, and a sandbox makes a repository around a guarded script",
    rules: ["R10"],
    by: ["packages/core/src/runtime/sandbox/git/guarded.ts"],
    show: shown("test/sandbox/next.test.ts", "a name .git that leads to a guarded directory takes no guard from it"),
  },
  {
    id: "sandbox: a bare repository of the tree",
    cause: "a push of the host to a repository without a working tree runs the hooks that a sandbox has written",
    rules: ["R10", "R11"],
    by: ["packages/core/src/runtime/sandbox/seen.ts"],
    show: shown(
      "test/sandbox/next.test.ts",
      "a bare repository of the tree keeps its hooks, which a push of the host runs",
    ),
  },
  {
    id: "sandbox: a guarded file has a second name",
    cause: "a hard link that was made before the guard writes the guarded file",
    rules: ["R1", "R11"],
    by: ["packages/core/src/runtime/sandbox/left/replaced.ts"],
    show: shown("test/sandbox/next.test.ts", "a guarded file that was written by another name is reported: "),
  },
  {
    id: "sandbox: made-up submodules and working trees crowd out a guard",
    cause: "a bound on what is looked at is filled by names of a sandbox, and the real ones are left out",
    rules: ["R10", "R12"],
    by: ["packages/core/src/runtime/sandbox/git/guarded.ts"],
    show: shown(
      "test/sandbox/submodules.test.ts",
      "no submodule that a sandbox has made up takes a guard from another",
    ),
  },
  {
    id: "sandbox: a program hides one of the host's in PATH",
    cause: "a directory of the project is in PATH, and a sandbox puts `git` or `ls` there",
    rules: ["R11"],
    by: ["packages/core/src/runtime/sandbox/left/on-path.ts"],
    show: shown("test/sandbox/path.test.ts", "PATH in a writable tree: "),
  },
  {
    id: "sandbox: a pipe between two sandboxes is opened again",
    cause: "the bit of a mode that one sandbox needs counts for the pipe, and so for both of its ends",
    rules: ["R10"],
    by: ["helper-c/launch/streams.c"],
    show: shown("test/sandbox/streams.test.ts", "a pipe between two sandboxes is opened again by neither: "),
  },
  {
    id: "sandbox: a pipe of the caller is opened at its other end",
    cause: "the owner of a pipe reads what others write to it, or writes what a program behind it reads",
    rules: ["R10"],
    by: ["helper-c/launch/streams.c"],
    show: shown(
      "test/sandbox/streams.test.ts",
      "a pipe is opened only the way that it is open, and stays the caller's",
    ),
  },
  {
    id: "overlay: an apply brings what the host runs",
    cause: "a hook, a setting, or a file that one of these names comes to the tree with the others",
    rules: ["R10", "R11"],
    by: ["packages/core/src/overlay/judge.ts", "packages/core/src/overlay/acted-upon.ts"],
    show: shown("test/sandbox/held.test.ts", "nothing that programs of the host act upon comes to the tree unnamed"),
  },
  {
    id: "overlay: git is asked, and runs something",
    cause: "an apply asks git for its settings, and a repository of the overlay's maker has git run a program",
    rules: ["R9"],
    by: ["packages/core/src/runtime/sandbox/git/ask.ts"],
    show: shown(
      "test/sandbox/attacks.test.ts",
      "what any setting of git names is held, and git runs nothing when it is asked",
    ),
  },
  {
    id: "overlay: an apply: race",
    cause: "the tree changes between the judgement and the step, and a link or a file of the host is replaced",
    rules: ["R1", "R11"],
    by: ["helper-c/layers/swap.c", "packages/core/src/overlay/steps.ts"],
    show: shown("test/sandbox/apply.test.ts", "nothing is applied, and nothing lost, if the host meanwhile "),
  },
  {
    id: "overlay: a journal that is cut or made up",
    cause: "steps that cannot be read are taken for none, and the files of the tree in their slots are removed",
    rules: ["R8", "R9"],
    by: ["packages/core/src/runtime/sandbox/overlay/journals.ts"],
    show: shown("test/sandbox/attacks.test.ts", "nothing goes on, and nothing is removed, if a journal "),
  },
  {
    id: "overlay: another tree at the path",
    cause: "an apply or an undo goes to another directory than the one that the overlay was made for",
    rules: ["R1", "R8"],
    by: ["packages/core/src/runtime/sandbox/overlay/store.ts"],
    show: shown("test/sandbox/attacks.test.ts", "another directory at the path of a tree is none of an overlay's"),
  },
  {
    id: "overlay: an undo takes what the host has changed",
    cause: "a file that the host has written since an apply is put back to what was before",
    rules: ["R8", "R11"],
    by: ["packages/core/src/overlay/facts.ts", "helper-c/layers/swap.c"],
    show: shown("test/sandbox/attacks.test.ts", "what is applied or put back is the host's again if the host "),
  },
];

const plans: readonly Row[] = [
  {
    id: "container: a poisoned plan of a bundle that is run again",
    cause:
      "a plan that was kept is exchanged, is another config's, or is used although the host or the caller has changed",
    rules: ["R8", "R9"],
    by: [
      "packages/core/src/runtime/memo/kept-plan.ts",
      "packages/core/src/runtime/memo/kept-question.ts",
      "packages/core/src/runtime/sandbox/known/store.ts",
    ],
    show: shown(
      "packages/core/src/runtime/memo/kept-plan.test.ts",
      "whoever can seal a plan, and so is the caller, does not get one past the verifier",
    ),
  },
];

const rights: readonly Row[] = [
  {
    id: "rights of a session: a name that is exchanged",
    cause: "a right is taken by a path, whose directories the sandbox has renamed: another mount loses it",
    rules: ["R1", "R7"],
    by: ["packages/core/src/runtime/sandbox/rights/held.ts", "helper-c/plan/verify/own.c"],
    show: shown(
      "test/sandbox/rights.test.ts",
      "a mount is changed that was named, whatever directories are renamed above it",
    ),
  },
  {
    id: "rights of a session: what was held before",
    cause: "a right to write is taken from a path, and not from descriptors and mappings of what is there",
    rules: ["R7", "R9"],
    by: ["helper-c/peers/change-mount.c"],
    show: shown("test/sandbox/rights.test.ts", "nothing that was held before changes anything"),
  },
  {
    id: "rights of a session: a copy of the mounts",
    cause: "a mount namespace that was copied before keeps the right that is taken",
    rules: ["R9"],
    by: ["packages/core/src/runtime/sandbox/rights/change.ts"],
    show: shown("test/sandbox/rights.test.ts", "a session that can copy its mounts is denied nothing"),
  },
];

const pools: readonly Row[] = [
  {
    id: "pool: what waits is older than its run",
    cause:
      "a directory, a file system or a right of the caller is another one when the run begins than when its container was made",
    rules: ["R1", "R8"],
    by: ["packages/core/src/runtime/pool/pool.ts"],
    show: shown("test/api/pool.test.ts", "a directory that was put in the place of another is what the next run sees"),
  },
  {
    id: "pool: a container that waits gets the run of another",
    cause: "what a run asks for is compared by less than all of it",
    rules: ["R8", "R9"],
    by: ["packages/core/src/runtime/pool/run.ts"],
    show: shown(
      "test/api/pool.test.ts",
      "what a run asks for decides: other words, streams, a root directory of the same name",
    ),
  },
  {
    id: "pool: what waits outlives its caller",
    cause: "a caller that is killed leaves containers with its rights, for which nobody looks",
    rules: ["R12", "R14"],
    by: ["packages/core/src/runtime/pool/pool.ts"],
    show: shown("test/api/pool.test.ts", "a caller that "),
  },
  {
    id: "pool: another container moves a mount of one that waits",
    cause:
      "a directory that others can write is taken for the container's own: a bind by its type, an overlay, the root",
    rules: ["R1", "R3"],
    by: ["packages/core/src/runtime/pool/quiet.ts"],
    show: shown("test/api/pool.test.ts", "no container waits in which another could move a mount away"),
  },
];

const ends: readonly Row[] = [
  {
    id: "egress: a host keeps a command from its end",
    cause: "a connection is waited for that its host neither ends nor reads, although nobody is there to hear it",
    rules: ["R14"],
    by: ["packages/core/src/runtime/egress/streams.ts"],
    show: shown("test/api/network.test.ts", "a connection that its host never ends"),
  },
];

/** What of the host answers a sandbox. */
const answering: readonly Row[] = [
  {
    id: "sandbox: a program of the host listens in the tree",
    cause: "an editor or a debugger does with the caller's rights what a sandbox asks for at its unix socket",
    rules: ["R9"],
    by: ["packages/core/src/runtime/sandbox/sockets/live.ts"],
    show: shown("test/sandbox/sockets.test.ts", "a socket in the tree at which the host listens is hidden"),
  },
];

/** What a container writes that nobody waits for. */
const logs: readonly Row[] = [
  {
    id: "logs: a forged record",
    cause: "what a program writes looks like a record of another stream or time, or of the writer itself",
    rules: ["R10"],
    by: ["helper-c/satellite/log.c"],
    show: shown("test/lifecycle/logs.test.ts", "what a program writes cannot look like a record"),
  },
  {
    id: "logs: a terminal obeys what a container has written",
    cause: "control characters of a log change what its reader sees, or what the reader's terminal answers",
    rules: ["R10"],
    by: ["packages/core/src/runtime/logs/records.ts"],
    show: shown("test/lifecycle/logs.test.ts", "a terminal gets no control characters of a container"),
  },
  {
    id: "logs: a container fills the disk",
    cause: "a program writes without end, and its log grows with that",
    rules: ["R12"],
    by: ["helper-c/satellite/log.c"],
    show: shown("test/lifecycle/logs.test.ts", "what writes without end takes no more than its size"),
  },
  {
    id: "logs: output is lost, and nobody notices",
    cause: "a program fills the disk or ends the writer, and the log looks whole without what came then",
    rules: ["R10"],
    by: ["helper-c/satellite/log.c", "packages/core/src/runtime/logs/read.ts"],
    show: shown("test/lifecycle/logs.test.ts", "output that is lost is told where it would be"),
  },
  {
    id: "logs: the writer goes on without its container",
    cause: "a program keeps its end of the pipe, or gives it away, and the writer waits for it",
    rules: ["R14"],
    by: ["helper-c/satellite/log.c"],
    show: shown("test/lifecycle/logs.test.ts", "it ends with the first process, whoever has the pipe"),
  },
];

/** What a sandbox does to a tree for the next sandbox. */
const moved: readonly Row[] = [
  {
    id: "sandbox: what is hidden is moved to where nobody looks for it",
    cause: "a file is hidden by its place or name, and a sandbox renames a directory above it for the next sandbox",
    rules: ["R1", "R10"],
    by: ["packages/core/src/runtime/sandbox/files.ts", "packages/core/src/runtime/sandbox/guards.ts"],
    show: shown("test/sandbox/hidden.test.ts", "cannot be moved"),
  },
  {
    id: "sandbox: what cannot be looked up is taken for missing",
    cause: "a sandbox takes the caller's right to look into a directory, and the next sandbox gives itself the right",
    rules: ["R10"],
    by: ["packages/core/src/runtime/sandbox/search/closed.ts"],
    show: shown("test/sandbox/hidden.test.ts", "is hidden"),
  },
];

const installed: readonly Row[] = [
  {
    id: "sandbox: a command changes the Coffer of its project",
    cause: "Coffer is executed from packages of the project, and the command may write the project",
    rules: ["R11"],
    by: ["packages/core/src/runtime/sandbox/own/installed.ts", "packages/core/src/overlay/acted-upon.ts"],
    show: shown("test/packages/install.test.ts", "install and work"),
  },
];

const roots: readonly Row[] = [
  {
    id: "advisory 0036: a supervisor makes names outside of its caller's root directory",
    cause: "a process with another root directory looks a path up for a program that has called chroot(2)",
    rules: ["R1", "R12"],
    by: ["helper-c/satellite/supervisor/calls.c", "helper-c/satellite/supervisor/caller.c"],
    show: shown("test/sandbox/fence-same.test.ts", "what has a root directory of its own makes no name outside of it"),
  },
];

export const groupK: Group = {
  letter: "K",
  title:
    "Modules of WebAssembly; the network, credentials and leavings of a sandbox; plans and containers that wait; logs",
  rows: [
    ...modules,
    ...fences,
    ...secrets,
    ...egress,
    ...leavings,
    ...plans,
    ...rights,
    ...pools,
    ...ends,
    ...moved,
    ...logs,
    ...answering,
    ...installed,
    ...roots,
  ],
};
