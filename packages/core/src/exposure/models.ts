// What of each op is known here, decided for every op: a new one does not compile until somebody says what it exposes.
import type { OpName, SlotType } from "../wire/op.ts";

/** Where a slot comes from: the op that defines it, or an input of a type. */
export type Origin = OpName | `input ${SlotType}`;

/**
 * What becomes of an op.
 * - `nothing`: it gives the container nothing, whatever its fields say.
 * - `read`: what it gives is read from its fields, by the other files of this folder.
 * - `made`: what it does depends on another program, so that only the runtime's own planner may ask for it.
 */
export interface Model {
  readonly is: "nothing" | "read" | "made";
  /** Where its slots may come from. A slot that is not named may come from anywhere. */
  readonly slots?: Readonly<Record<string, readonly Origin[]>>;
}

const nothing = { is: "nothing" } as const;
const read = { is: "read" } as const;
const made = { is: "made" } as const;
const own = ["clone", "adopt"] as const;
const ofHost = { at: ["open-root"] } as const;
const given = ["input dir"] as const;
/** Acts on the container's own process, and on no other. */
const onProcess = { is: "nothing", slots: { process: own } } as const;
const onCgroup = { is: "read", slots: { cgroup: ["open-cgroup", "make-cgroup"] } } as const;
const covered = { source: ["mount-point"], tree: ["make-fs"] } as const;

/** Every op. */
export const models = {
  "open-root": read,
  "open-cwd": read,
  "enter-dir": read,
  "open-dir": read,
  "open-object": read,
  "open-namespace": { is: "read", slots: ofHost },
  "open-process": read,
  "open-procfs": nothing,
  "open-exec": { is: "read", slots: ofHost },

  "clone-tree": read,
  "make-fs": { is: "read", slots: { at: ["open-dir"] } },
  "set-mount": { is: "read", slots: { userns: ["make-userns", "open-userns", "open-namespace"] } },
  "mount-point": read,
  attach: read,
  "attach-root": read,
  "isolate-mounts": nothing,
  "make-masks": nothing,
  mask: { is: "read", slots: { masks: ["make-masks"] } },
  "readonly-path": read,
  "guard-path": read,
  "expect-mount": nothing,
  pivot: read,
  chroot: read,
  "make-node": read,
  "make-link": read,
  "make-file": read,
  "make-userns": read,
  "open-userns": { is: "nothing", slots: { process: own } },

  "open-ptmx": read,
  "open-peer": { is: "read", slots: { master: ["open-ptmx"] } },
  "set-window": { is: "nothing", slots: { pty: ["open-ptmx", "open-peer"] } },
  "plain-output": { is: "nothing", slots: { pty: ["open-ptmx", "open-peer"] } },
  "new-session": { is: "read", slots: { pty: ["open-peer"] } },
  "send-fd": {
    is: "read",
    slots: { socket: ["connect-socket", "input socket"], fd: ["open-ptmx", "take-slot", "listen", ...own] },
  },
  "give-slot": { is: "nothing", slots: { slot: ["open-ptmx"] } },
  "take-slot": nothing,
  "connect-socket": { is: "read", slots: ofHost },

  "set-hostname": read,
  "set-domainname": read,
  "loopback-up": read,
  listen: nothing,
  sysctl: read,
  "new-keyring": read,

  "write-idmap": { is: "read", slots: { process: own } },
  "spawn-idmap": { is: "read", slots: { process: own, helper: ["open-exec"] } },
  "set-oom-score": { is: "read", slots: { process: own } },
  "set-rlimit": { is: "read", slots: { process: own } },
  "record-process": { is: "nothing", slots: { process: own, state: given } },
  release: nothing,
  adopt: { is: "read", slots: { process: ["clone"] } },
  report: onProcess,
  "await-exec": onProcess,
  hold: onProcess,
  wait: { is: "nothing", slots: { process: own, pty: ["take-slot"] } },

  "open-cgroup": { is: "read", slots: ofHost },
  "make-cgroup": { is: "read", slots: { parent: ["open-cgroup", "make-cgroup"] } },
  "write-cgroup": onCgroup,
  "join-cgroup": { is: "read", slots: { cgroup: ["open-cgroup", "make-cgroup"], process: own } },
  "set-device-filter": onCgroup,
  "kill-cgroup": onCgroup,
  "remove-cgroup": { is: "read", slots: { parent: ["open-cgroup", "make-cgroup"] } },

  clone: onCgroup,
  "join-namespaces": { is: "read", slots: { ns: ["open-namespace", "open-process"] } },
  fork: read,
  unshare: read,
  "set-time-offsets": nothing,
  become: nothing,
  "set-dumpable": nothing,
  signal: made,
  dial: made,
  "change-mount": made,
  "await-end": made,

  "drop-bounding": read,
  "set-ids": read,
  "set-caps": read,
  "set-no-new-privs": read,
  "load-seccomp": read,
  "set-umask": nothing,
  "change-dir": read,
  "find-exec": nothing,
  "set-death-signal": nothing,
  "place-fd": { is: "read", slots: { fd: ["input file", "open-peer"] } },

  "make-gate": { is: "nothing", slots: { state: given } },
  gate: nothing,
  "start-container": made,
  exec: nothing,
  sync: nothing,
  close: nothing,

  "copy-up": { is: "read", slots: covered },
  "copy-mode": { is: "read", slots: { tree: covered.tree } },
  "write-first": onCgroup,
  "own-cgroup": onCgroup,
  "freeze-cgroup": made,
  spawn: { is: "read", slots: { program: ["open-exec"] } },
  "set-scheduler": { is: "read", slots: { process: own } },
  "set-io-priority": { is: "read", slots: { process: own } },
  "set-affinity": onProcess,
  "set-personality": read,
  "set-memory-policy": nothing,
  "load-listener": { is: "read", slots: { socket: ["connect-socket", "start-supervisor"] } },
  "open-label": nothing,
  "set-label": { is: "read", slots: { tree: ["make-fs"] } },
  "connect-bus": made,
  "call-bus": made,
  "expect-cgroup": { is: "read", slots: { process: own } },
  "start-network": made,
  "move-netdev": { is: "read", slots: { namespace: ["open-namespace", ...own] } },
  "bind-notify": made,
  "relay-notify": made,
  "start-criu": made,
  "ask-criu": made,
  "pass-fd": made,
  confine: { is: "nothing", slots: { process: own, pty: ["take-slot"] } },
  "expect-initramfs": nothing,
  "enter-tree": read,
  "lock-mounts": read,
  "mark-cgroup": { is: "read", slots: { cgroup: ["open-cgroup", "make-cgroup"], state: given } },
  "expect-mark": nothing,
  "expect-root": nothing,
  "set-own-rlimit": read,
  "find-home": read,
  "make-ruleset": read,
  "allow-path": { is: "read", slots: { ruleset: ["make-ruleset"] } },
  "allow-port": { is: "read", slots: { ruleset: ["make-ruleset"] } },
  "enforce-ruleset": { is: "read", slots: { ruleset: ["make-ruleset"] } },
  "start-supervisor": nothing,
  watch: { is: "nothing", slots: { supervisor: ["start-supervisor"], watcher: ["input socket"] } },
  supervise: {
    is: "nothing",
    slots: { supervisor: ["start-supervisor"], proc: ["open-procfs"], process: [...own, "open-process"] },
  },
  "own-stream": { is: "read", slots: { stream: ["input file"] } },
  "reopen-stream": { is: "read", slots: { stream: ["input file"] } },
} as const satisfies Readonly<Record<OpName, Model>>;

/** The row of an op, as wide as it is declared. */
export function modelOf(op: OpName): Model {
  return models[op];
}
