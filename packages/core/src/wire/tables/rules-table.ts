// The verifier's rules: the one place where they are named. From it come the names that TypeScript reports, the C enum
// in `helper-c/plan/rules.gen.h` and `docs/formats/verifier-rules.md` (scripts/gen-ops.ts).
// Codes are part of the report format (`detail` of a refused plan): append, never renumber.

export interface RuleRow {
  readonly code: number;
  readonly group: "structure" | "typestate" | "flow" | "containment" | "identity" | "seccomp";
  readonly doc: string;
}

export const rulesTable = {
  // Structure: the image is what the format says, whatever the ops mean.
  "bad-magic": { code: 1, group: "structure", doc: "The image begins with the magic number." },
  "bad-version": { code: 2, group: "structure", doc: "The major version is 1 and the minor version is 0." },
  "bad-size": {
    code: 3,
    group: "structure",
    doc: "The image is as long as its header says, at least one header and at most 16 MiB.",
  },
  "bad-bounds": {
    code: 4,
    group: "structure",
    doc: "Sections follow each other in order inside the image, and every data reference lies inside its section.",
  },
  "bad-alignment": {
    code: 5,
    group: "structure",
    doc: "The image, its sections and its blobs begin at multiples of 8.",
  },
  "trailing-bytes": { code: 6, group: "structure", doc: "Nothing follows the last section." },
  "nonzero-padding": { code: 7, group: "structure", doc: "Padding and reserved fields are zero." },
  "unknown-kind": { code: 8, group: "structure", doc: "The kind of plan is one of the table." },
  "too-many": {
    code: 9,
    group: "structure",
    doc: "At most 4096 ops, 2048 slots, 256 inputs, 64 `make-userns` and 4 ops that write id maps; all data references together name at most 32 MiB.",
  },
  "bad-reloc": { code: 10, group: "structure", doc: "There are no relocations: they are reserved in format 1.0." },
  "unknown-op": { code: 11, group: "structure", doc: "Every op is one of the table." },
  "op-phase": { code: 12, group: "structure", doc: "Every op stands in a phase that its row allows." },
  "op-flags": { code: 13, group: "structure", doc: "Every op has only flags that its row allows." },
  "op-fields": {
    code: 14,
    group: "structure",
    doc: "Required fields are there; fields that the row does not name are zero (slots: none).",
  },
  "bad-string": {
    code: 15,
    group: "structure",
    doc: "Strings end in NUL and have none inside; the string section begins with NUL.",
  },
  "bad-path": {
    code: 16,
    group: "structure",
    doc: "Paths are 1 to 4095 bytes; those that an op creates, removes or writes beneath have no `.` or `..` component; those of cgroups that are made or removed are relative.",
  },
  "bad-name": {
    code: 17,
    group: "structure",
    doc: "Names are one path component, not `.` or `..`, at most 255 bytes.",
  },
  "bad-number": { code: 18, group: "structure", doc: "Numbers are inside the limit or the mask of their row." },
  "bad-slot": {
    code: 19,
    group: "structure",
    doc: "Every row of the slot table has a known type and origin; inputs, and only inputs, have a distinct name, and none is a tree, a label, a listener, or a ruleset.",
  },

  // Typestate: each side's handles.
  "slot-undefined": {
    code: 20,
    group: "typestate",
    doc: "A slot is defined before it is used, on the side that uses it.",
  },
  "slot-redefined": { code: 21, group: "typestate", doc: "A slot is defined once; inputs are defined from the start." },
  "slot-type": { code: 22, group: "typestate", doc: "A slot is used and defined at the type that the op's row says." },
  "use-after-move": { code: 23, group: "typestate", doc: "A slot that was moved or closed is not used again." },
  "target-taken": { code: 24, group: "typestate", doc: "No two `place-fd` have the same target." },

  // Flow.
  "phase-order": { code: 25, group: "flow", doc: "Phases never go back." },
  "kind-phase": { code: 26, group: "flow", doc: "A plan of kind host has ops of phase host only, and no `clone`." },
  "clone-once": {
    code: 27,
    group: "flow",
    doc: "A plan that makes a process has exactly one `clone`, the last op of phase host.",
  },
  "release-once": {
    code: 28,
    group: "flow",
    doc: "There is exactly one `release`, before the launcher's first meeting with init. The launcher's `set-mount` come before it: init has attached nothing yet.",
  },
  "sync-order": { code: 29, group: "flow", doc: "On each side the numbers of `sync` are 1, 2, 3 and so on." },
  "sync-unpaired": {
    code: 30,
    group: "flow",
    doc: "Launcher and init meet in the same order: the same syncs, with the same messages between them.",
  },
  "give-take": {
    code: 31,
    group: "flow",
    doc: "Each `give-slot` of init has its `take-slot` between the same syncs, and the other way round.",
  },
  "fork-adopt": {
    code: 32,
    group: "flow",
    doc: "Init forks at most once; `adopt` is there exactly when it does, between the same syncs.",
  },
  "exec-once": {
    code: 33,
    group: "flow",
    doc: "There is exactly one `exec`, and it is the last op. It has `init` only where the plan makes a pid namespace.",
  },
  "find-exec": {
    code: 34,
    group: "flow",
    doc: "There is exactly one `find-exec`; with a gate there may be none, and `exec` fails.",
  },
  "gate-once": {
    code: 35,
    group: "flow",
    doc: "There is at most one `gate`, and only where the plan makes a container; its socket is that of `make-gate`.",
  },
  "await-exec": {
    code: 36,
    group: "flow",
    doc: "Without a gate the launcher has exactly one `await-exec`, after its last meeting with init; with a gate it has none. It waits for the container's end only after that.",
  },
  "hold-once": {
    code: 92,
    group: "flow",
    doc: "There is at most one `hold`, only where the plan makes a container without a gate, and after `release`. A `sync` of the launcher follows it: init does not go on by itself.",
  },

  // Containment.
  "clone-unpeered": {
    code: 37,
    group: "containment",
    doc: "`clone-tree` makes what it clones private or slave: a peer of a mount of the host would carry there whatever is attached to it. One clone may stay a peer: an object that the launcher clones for a container without a user namespace, where later ops say `shared` of the clone and `private-shared` of the root.",
  },
  "mounts-shared": {
    code: 38,
    group: "containment",
    doc: "Ops that change mounts occur only in a mount namespace that the plan made.",
  },
  "mounts-not-isolated": {
    code: 39,
    group: "containment",
    doc: "`isolate-mounts` makes the new mount namespace private or slave before any op changes its mounts.",
  },
  "root-transition": {
    code: 40,
    group: "containment",
    doc: "With a new mount namespace there is exactly one `pivot`, into the tree of the one `attach-root`; else none, and at most one `chroot`; joining has neither. `enter-tree` comes before `attach-root` in such a namespace, once it is isolated, and only with `expect-initramfs`.",
  },
  "before-transition": {
    code: 41,
    group: "containment",
    doc: "Masks, read-only paths and checks of mounts come after the pivot; nothing of phase inside but closing and meeting follows a root transition.",
  },
  "old-root-alive": {
    code: 42,
    group: "containment",
    doc: "At the root transition, or else at the end of phase inside, init holds no directory (but the root of a `chroot`), object, namespace, process, cgroup, program, procfs or clone of a mount of the host, attached or not (but its root); at `lock-mounts` not even a tree of its own.",
  },

  // Identity.
  "rights-once": {
    code: 43,
    group: "identity",
    doc: "`drop-bounding`, `set-ids` and `set-caps` are there exactly once each, in that order.",
  },
  "caps-subset": {
    code: 44,
    group: "identity",
    doc: "Effective is in permitted, ambient in permitted and inheritable, permitted and inheritable in the bounding set that is kept.",
  },
  "bad-id": {
    code: 45,
    group: "identity",
    doc: "No user or group id is 4294967295, which means no change; group lists are whole.",
  },
  "idmap-missing": {
    code: 46,
    group: "identity",
    doc: "A new user namespace gets one uid map and one gid map, written before init goes on.",
  },
  "idmap-unexpected": {
    code: 47,
    group: "identity",
    doc: "Id maps are written only for a new user namespace, and each only once.",
  },
  "bad-idmap": {
    code: 48,
    group: "identity",
    doc: "An id map has 1 to 340 lines of three numbers (inside, outside, count > 0), whose ranges neither overflow nor overlap on either side.",
  },
  "after-drop": { code: 49, group: "identity", doc: "Nothing that needs a right comes after `set-caps`." },
  "not-dumpable": {
    code: 50,
    group: "identity",
    doc: "`set-dumpable` is the first op of init, and follows right after each change of its ids (`become`, `set-ids`): `execve` makes a process dumpable, a change of ids sets it to `fs.suid_dumpable`.",
  },

  // Seccomp.
  "seccomp-order": {
    code: 51,
    group: "seccomp",
    doc: "With no_new_privs filters are loaded in phase exec; without it in phase drop, before `set-ids`.",
  },
  "bad-bpf": {
    code: 52,
    group: "seccomp",
    doc: "A filter is what the kernel accepts: whole instructions (1 to 4096) of allowed operations, aligned loads inside the data, jumps forward in range, a return at the end.",
  },
  "spawn-order": {
    code: 53,
    group: "flow",
    doc: "A program that init spawns at the end is held by all filters; only plans of kind host may pass over a failure.",
  },

  // Labels.
  "label-once": {
    code: 54,
    group: "identity",
    doc: "Each label attribute of init is set at most once for each security module.",
  },
  "label-order": {
    code: 55,
    group: "identity",
    doc: "What init executes is labelled in phase drop, before no_new_privs (and then after `set-caps`) and before any filter; keys and trees are labelled in phase inside.",
  },
  "label-file": {
    code: 56,
    group: "identity",
    doc: "`open-label` opens an attribute of init itself that `set-label` may set, `set-label` one of exec and keycreate, or none for a tree. Each attribute that is opened is set.",
  },
  "bad-message": {
    code: 57,
    group: "structure",
    doc: "What is sent to a message bus is one whole method call that wants an answer: little-endian, version 1, as long as its own lengths say.",
  },
  "netdev-namespace": {
    code: 60,
    group: "containment",
    doc: "Interfaces are moved only into a network namespace that the plan makes, of the process that is in it, or into one that it opened by path.",
  },
  "criu-once": {
    code: 63,
    group: "flow",
    doc: "A plan of kind restore has exactly one `start-criu`, the last op of phase host; one of kind host has at most one; others have none.",
  },
  "criu-mounts": {
    code: 83,
    group: "containment",
    doc: "`start-criu` has a `root` and a `propagation` where it makes a mount namespace, and only there: what it changes of mounts is never the host's.",
  },
  "criu-order": {
    code: 64,
    group: "flow",
    doc: "`pass-fd` comes before `start-criu`, `ask-criu` after it, and the last `ask-criu`, and only that, has no `until`.",
  },
  "criu-adopt": {
    code: 65,
    group: "flow",
    doc: "A plan of kind restore has exactly one `adopt`, after an `ask-criu`, and no op that needs init; no other kind makes mount points on the host.",
  },
  "record-order": {
    code: 81,
    group: "flow",
    doc: "`record-process` comes before init goes on: before `release`, or where init forks between `adopt` and the launcher's next meeting.",
  },
  "mounts-locked": {
    code: 84,
    group: "containment",
    doc: "`lock-mounts` is there at most once, in a mount namespace that the plan made, and no mount changes after it; only for a process that may have CAP_SYS_ADMIN, as the owner of the copy gets rights over its mounts; and init is seen meanwhile only where the plan has made its user namespace.",
  },
  "seen-early": {
    code: 85,
    group: "identity",
    doc: "In a user namespace, joined or new, init does nothing before `become` but meet and close; when it forks it holds no directory, object, process, cgroup or message bus, and a procfs only where it opens a label after that. Who joins a container forks after `set-caps`, unless a filter is loaded before, a label is opened, or it has fewer than 64 descriptors; so does a container in the pid namespace of others without a user namespace, unless a hook runs or a procfs is made without naming that namespace. After phase inside it forks into no new namespace.",
  },
  "slot-absent": {
    code: 86,
    group: "typestate",
    doc: "A cgroup that may be absent (`open-cgroup` with `absent-ok`) is used only by `kill-cgroup`, `expect-mark` and `close`, and by `freeze-cgroup` and `write-cgroup` with the same flag.",
  },
  "own-namespace": {
    code: 87,
    group: "containment",
    doc: "Host name, domain name, loopback and kernel parameters are set only in a namespace of that kind that the plan has made or joined by then; parameters of no namespace are not set. A procfs names a pid namespace exactly where init forks after phase inside: the one that init has joined.",
  },
  "host-node": {
    code: 88,
    group: "containment",
    doc: "In phase host `make-node` makes nodes only in a tmpfs that an earlier `make-fs` of the plan has made: no device appears on the host.",
  },
  "ruleset-once": {
    code: 89,
    group: "identity",
    doc: "There is at most one `make-ruleset`. Its ruleset is enforced exactly once, after `set-no-new-privs`.",
  },
  "ruleset-rights": {
    code: 90,
    group: "identity",
    doc: "A ruleset handles at least one right. Each rule allows at least one right, and only rights that the ruleset handles.",
  },
  "host-terminal": {
    code: 91,
    group: "containment",
    doc: "`open-ptmx` has the flag `device` only in a plan of kind create whose process stays in the launcher's mount namespace and root directory.",
  },
  "user-network": {
    code: 93,
    group: "containment",
    doc: "There is at most one `start-network`, for init in a new user and a new network namespace, before `release`: nothing of the container has run. Its rules are one or more rows of 8 bytes; a prefix has at most 32 bits, and the last byte is 0 or 1. The last row is for every address and port.",
  },
  "changed-mounts": {
    code: 94,
    group: "containment",
    doc: "All ops `change-mount` stand together in a plan of kind host, after ops `open-procfs` and `open-process` alone, and before nothing: the launcher is in the container by then. They have one process that the plan has opened and the same namespaces: the mount namespace, and perhaps the user namespace. So their mounts are inputs. A mount becomes writable without those beneath it.",
  },
  confined: {
    code: 82,
    group: "flow",
    doc: "There is at most one `confine`, right before `wait`; after that the launcher reports, closes, and ends what is left of the cgroups, by itself or through a message bus, and does nothing else.",
  },
} as const satisfies Readonly<Record<string, RuleRow>>;

export type RuleName = keyof typeof rulesTable;
