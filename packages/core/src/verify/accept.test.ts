import test from "ava";
import { encodePlan } from "../wire/encode.ts";
import type { Plan } from "../wire/op.ts";
import { call } from "./_bus-cases.test.ts";
import { ruled } from "./_landlock-cases.test.ts";
import { withStack } from "./_plan-cases.test.ts";
import {
  after,
  all,
  become,
  before,
  changed,
  createPlan,
  edit,
  endOf,
  enterCopy,
  forksLast,
  gatePlan,
  hostPlan,
  inPod,
  joinPlan,
  lock,
  samples,
  spawn,
  userNamespace,
  without,
} from "./_plans.test.ts";
import { requireVerified, verifyPlan } from "./index.ts";

const accepts = test.macro({
  exec(t, plan: Plan) {
    t.deepEqual(verifyPlan(encodePlan(plan)), { ok: true });
  },
  title: (name = "") => `accepts ${name}`,
});

for (const [name, plan] of Object.entries(samples)) test(`the ${name} plan`, accepts, plan);

test("a call to a message bus", accepts, changed(createPlan, call()));
test("a call that undoes", accepts, changed(createPlan, call({ flags: ["undo"], pidAt: 0xffffffff })));

test("a user-mode network", accepts, changed(gatePlan, withStack));

test("a Landlock domain with a path and a port", accepts, changed(createPlan, ruled));

test("who joins, and forks when it has given up its rights", accepts, changed(joinPlan, forksLast()));

test("a container in the pid namespace of others, where it appears last", accepts, changed(createPlan, inPod));

test("a container without a transition where it joins a mount namespace", accepts, {
  ...changed(
    joinPlan,
    all(
      edit("join-namespaces", { ns: "ns" }),
      without("open-process", "close"),
      after("fork", { op: "close", phase: "inside", slot: "ns" }),
    ),
  ),
  kind: "create",
  inputs: [{ name: "ns", type: "ns" }],
});

test(
  "a clone made slave and then shared: a group of its own",
  accepts,
  changed(
    createPlan,
    before("attach-root", {
      op: "set-mount",
      phase: "inside",
      tree: "root",
      set: 0,
      clear: 0,
      propagation: 3,
      recursive: 1,
    }),
  ),
);

test("locked mounts", accepts, changed(createPlan, lock()));

test(
  "locked mounts for a program that may gain the right to change them",
  accepts,
  changed(createPlan, all(lock(), without("set-no-new-privs", "load-seccomp"), edit("set-caps", { permitted: 0 }))),
);

test(
  "locked mounts in a user namespace made by the clone, of an init that was executed outside of it",
  accepts,
  changed(gatePlan, lock(1)),
);

test(
  "locked mounts in a user namespace made by a fork",
  accepts,
  changed(
    createPlan,
    all(
      lock(1),
      without("sync"),
      edit("clone", { namespaces: 0 }),
      before(
        "isolate-mounts",
        { op: "fork", phase: "inside", namespaces: 0x20000 | userNamespace },
        { op: "sync", phase: "inside", number: 1 },
        ...become,
      ),
      after(
        "release",
        { op: "adopt", phase: "parent", process: "init", out: "container" },
        {
          op: "write-idmap",
          phase: "parent",
          proc: "proc",
          process: "container",
          uids: "0 0 9",
          gids: "0 0 9",
          denySetgroups: 1,
        },
        { op: "sync", phase: "parent", number: 1 },
      ),
      edit("await-exec", { process: "container" }),
      edit("wait", { process: "container" }),
    ),
  ),
);

test(
  "a user namespace made by a fork",
  accepts,
  changed(
    joinPlan,
    all(
      edit("join-namespaces", { types: 0x40000000 }),
      without("become"),
      edit("fork", { namespaces: userNamespace }),
      after("fork", { op: "sync", phase: "inside", number: 1 }, ...become),
      after(
        "adopt",
        { op: "spawn-idmap", phase: "parent", proc: "proc", process: "init", helper: "uidmap", map: "0 1 5", gid: 0 },
        { op: "write-idmap", phase: "parent", proc: "proc", process: "init", gids: "0 0 9", denySetgroups: 1 },
        { op: "sync", phase: "parent", number: 1 },
      ),
      before(
        "clone",
        { op: "open-root", phase: "host", out: "host-root" },
        { op: "open-exec", phase: "host", at: "host-root", path: "usr/bin/newuidmap", resolve: 0, out: "uidmap" },
      ),
    ),
  ),
);

test(
  "a host file system cloned by the launcher",
  accepts,
  changed(
    gatePlan,
    all(
      before(
        "clone",
        { op: "open-root", phase: "host", out: "r" },
        { op: "clone-tree", phase: "host", source: "r", recursive: 1, propagation: 1, out: "bind" },
      ),
      before(
        "close",
        { op: "mount-point", phase: "inside", at: "root", path: "mnt", kind: 0, mode: 493, resolve: 0, out: "mnt" },
        { op: "attach", phase: "inside", tree: "bind", target: "mnt" },
      ),
    ),
  ),
);

test(
  "no groups, no uid 0, nothing kept",
  accepts,
  changed(
    createPlan,
    all(
      edit("set-ids", { groups: new Uint8Array(0), setGroups: 0, uid: 1000, gid: 1000 }),
      edit("set-caps", { effective: 0, permitted: 0, inheritable: 0, ambient: 0 }),
      edit("drop-bounding", { keep: 0 }),
      endOf("drop", { op: "set-death-signal", phase: "drop", signal: 9 }),
    ),
  ),
);

test("requireVerified throws E_PLAN_REFUSED with the rule and the op", (t) => {
  t.notThrows(() => requireVerified(encodePlan(createPlan)));
  const error = t.throws(() => requireVerified(encodePlan(changed(createPlan, edit("sync", { number: 9 })))));
  t.like(error, { code: "E_PLAN_REFUSED", details: { rule: "sync-order", op: 4 } });
  t.like(
    t.throws(() => requireVerified(new Uint8Array(3))),
    { details: { rule: "bad-size" } },
  );
});

test("hooks in each phase", accepts, {
  ...changed(
    createPlan,
    all(
      before("clone", { op: "open-root", phase: "host", out: "r" }),
      before("clone", { op: "open-exec", phase: "host", at: "r", path: "/bin/hook", resolve: 0, out: "program" }),
      before("release", { ...spawn("parent"), program: "program" }),
      before("pivot", { ...spawn("inside"), program: "program" }),
      before("exec", spawn("exec")),
    ),
  ),
});

test("a hook that may fail, on the host", accepts, {
  ...changed(hostPlan, endOf("host", { ...spawn("host"), flags: ["go-on"] })),
});

test("labels through their files, of keys, a tree and the program", accepts, {
  ...samples.create,
  ops: all(
    before(
      "isolate-mounts",
      { op: "open-label", phase: "inside", proc: "proc", path: "self/attr/keycreate", out: "keys-file" },
      { op: "open-label", phase: "inside", proc: "proc", path: "self/attr/exec", out: "exec-file" },
      { op: "close", phase: "inside", slot: "proc" },
      { op: "set-label", phase: "inside", file: "keys-file", value: "a:b:c", lsm: 101, attribute: 103 },
    ),
    before("attach", { op: "set-label", phase: "inside", tree: "proc-tree", value: "a:b:c", lsm: 101, attribute: 0 }),
    before(
      "set-no-new-privs",
      { op: "set-label", phase: "drop", file: "exec-file", value: "a:b:c", expect: "a:b:c", lsm: 101, attribute: 101 },
      { op: "set-label", phase: "drop", value: "exec a", lsm: 104, attribute: 101 },
    ),
  )(samples.create.ops),
});

test("a label before a filter that needs a right", accepts, {
  ...samples.chroot,
  ops: before("load-seccomp", {
    op: "set-label",
    phase: "drop",
    value: "exec a",
    expect: "a",
    lsm: 104,
    attribute: 101,
  })(samples.chroot.ops),
});

test("a terminal of the host, for who stays in its mounts", accepts, {
  ...samples.chroot,
  ops: all(
    without("chroot", "close"),
    before(
      "load-seccomp",
      { op: "open-ptmx", phase: "inside", devpts: "rootfs", out: "terminal", flags: ["device"] },
      { op: "close", phase: "inside", slot: "rootfs" },
    ),
  )(samples.chroot.ops),
});

test("a copy of an initramfs is entered first", accepts, {
  ...samples.create,
  ops: enterCopy("attach-root", { op: "close", phase: "inside", slot: "copy" })(samples.create.ops),
});
