// Where labels stand in a plan, and how the kernel puts them.
import { checkProcess } from "@coffer/spec";
import test from "ava";
import type { HostFacts } from "../../host/facts.ts";
import type { Plan, PlanOp } from "../../wire/op.ts";
import { planCreate } from "../create/create.ts";
import { planJoin } from "../join/join.ts";
import type { ConfigChange } from "../testing/builders.ts";
import { baseConfig, rootFacts } from "../testing/builders.ts";
import { canonicalLabel } from "./labels.ts";

const lsm = ["apparmor", "selinux"];
const facts: HostFacts = { ...rootFacts, lsm };
const oldFacts: HostFacts = { ...facts, kernel: { major: 6, minor: 7 } };
const target = { pid: 4321, startTime: 98765n, inode: 1234n } as const;
const label = "system_u:system_r:container_t:s0:c1,c2";
const process = { apparmorProfile: "docker-default", selinuxLabel: label };
const seccomp = { defaultAction: "SCMP_ACT_ALLOW" };

const create = (change: ConfigChange, host = facts): Plan => planCreate(baseConfig(change), host, { id: "c" });
const names = (plan: Plan, ...wanted: readonly PlanOp["op"][]): readonly string[] =>
  plan.ops.flatMap(({ op }) => (wanted.includes(op) ? [op] : []));
const labels = (plan: Plan): readonly object[] =>
  plan.ops.flatMap((op) => {
    if (op.op !== "set-label") return [];
    const { op: _op, ...fields } = op;
    return [fields];
  });

const values = (plan: Plan): readonly string[] => plan.ops.flatMap((op) => (op.op === "set-label" ? [op.value] : []));

const order = ["set-label", "set-no-new-privs", "set-caps", "load-seccomp", "new-keyring", "exec"] as const;

test("with no_new_privs labels come right before it", (t) => {
  const plan = create({ process, linux: { seccomp } });
  const last = ["set-caps", "set-label", "set-label", "set-no-new-privs", "load-seccomp", "exec"];
  t.deepEqual(names(plan, ...order), ["set-label", "new-keyring", ...last]);
});

test("without it they come before the filter", (t) => {
  const plan = create({ process: { ...process, noNewPrivileges: false }, linux: { seccomp } });
  const last = ["set-label", "set-label", "load-seccomp", "set-caps", "exec"];
  t.deepEqual(names(plan, ...order), ["set-label", "new-keyring", ...last]);
});

test("what is written and what is read back", (t) => {
  const [keys, exec, profile] = labels(create({ process }));
  const selinux = { value: label, expect: label, lsm: 101, from: "/process/selinuxLabel" };
  t.deepEqual(keys, { phase: "inside", attribute: 103, ...selinux });
  t.deepEqual(exec, { phase: "drop", attribute: 101, ...selinux });
  const text = { value: "exec docker-default", expect: "docker-default" };
  t.deepEqual(profile, { phase: "drop", ...text, lsm: 104, attribute: 101, from: "/process/apparmorProfile" });
});

test("a stacked profile is read back without knowing its order", (t) => {
  const [profile] = labels(create({ process: { apparmorProfile: "b//&a" } }));
  t.like(profile, { value: "exec b//&a", expect: undefined });
});

test("unconfined is asked for where AppArmor is active", (t) => {
  t.like(labels(create({ process: { apparmorProfile: "unconfined" } }))[0], { value: "exec unconfined" });
  t.deepEqual(labels(create({ process: { apparmorProfile: "unconfined" } }, rootFacts)), []);
  t.deepEqual(labels(create({ process: { apparmorProfile: "" } })), []);
});

test("without the call init opens the files, and lets go of the procfs", (t) => {
  const { ops } = create({ process }, oldFacts);
  const opened = ops.flatMap((op) => (op.op === "open-label" ? [op.path] : []));
  t.deepEqual(opened, ["self/attr/keycreate", "self/attr/exec", "self/attr/apparmor/exec"]);
  t.true(ops.some((op) => op.op === "close" && op.phase === "inside" && op.slot === "proc"));
  const files = ops.flatMap((op) => (op.op === "set-label" ? [op.file] : []));
  t.deepEqual(files, ["selinux-keycreate-file", "selinux-exec-file", "apparmor-file"]);
});

test("a plan without labels has none of this", (t) => {
  t.deepEqual(names(create({}, oldFacts), "open-procfs", "open-label", "set-label"), []);
});

const join = (own: object): Plan =>
  planJoin(baseConfig({ process }), checkProcess({ cwd: "/", args: ["id"], ...own }), facts, { target });

test("an exec has its container's labels unless it has its own", (t) => {
  t.deepEqual(values(join({})), [label, label, "exec docker-default"]);
  t.deepEqual(values(join({ apparmorProfile: "x", selinuxLabel: "a:b:c" })), ["a:b:c", "a:b:c", "exec x"]);
  t.deepEqual(values(join({ apparmorProfile: "", selinuxLabel: "" })), [label, label, "exec docker-default"]);
});

const optionsOf = (plan: Plan): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(plan.ops.flatMap((op) => (op.op === "make-fs" ? [[op.out, op.options ?? []]] : [])));

test("the mount label goes to what takes one", (t) => {
  const plan = create({ linux: { mountLabel: label } });
  const labelled = Object.entries(optionsOf(plan)).filter(([, options]) => options.includes(`context=${label}`));
  t.deepEqual(
    labelled.map(([slot]) => slot),
    ["mount-1", "mount-2", "mount-3"],
  );
  t.deepEqual(labels(plan), [
    {
      phase: "inside",
      tree: "mount-4",
      value: label,
      expect: label,
      lsm: 101,
      attribute: 0,
      from: "/linux/mountLabel",
    },
  ]);
  t.true(plan.ops.some((op) => op.op === "make-masks" && op.label === label));
});

test("a mount's own label wins, without mount(8)'s quotes", (t) => {
  const mounts = [{ destination: "/x", type: "tmpfs", source: "x", options: ['context="a:b:c:s0:c1,c2"'] }];
  const plan = create({ mounts, linux: { mountLabel: label } });
  t.deepEqual(optionsOf(plan)["mount-0"], ["context=a:b:c:s0:c1,c2"]);
});

const canonical = test.macro({
  exec: (t, given: string, expected: string) => t.is(canonicalLabel(given), expected),
  title: (_, given) => `${given} as the kernel puts it`,
});

test(canonical, "u:r:t:s0", "u:r:t:s0");
test(canonical, "u:r:t:s0:c2,c1", "u:r:t:s0:c1,c2");
test(canonical, "u:r:t:s0:c1,c2,c3,c9", "u:r:t:s0:c1.c3,c9");
test(canonical, "u:r:t:s0-s0:c0.c1023", "u:r:t:s0-s0:c0.c1023");
test(canonical, "u:r:t:s0:c5,c5", "u:r:t:s0:c5");
test(canonical, "u:r:t:s1:c1.c2-s2:c9,c1", "u:r:t:s1:c1,c2-s2:c1,c9");
