// Every check: a plan in which it finds something, and one in which it does not; and that no plan makes it throw.
import test from "ava";
import fc from "fast-check";
import { capabilityNames } from "../plan/process/capabilities.ts";
import { planCases } from "../plan/testing/cases.ts";
import { anyPlan } from "../wire/_arbitrary.test.ts";
import { decodePlan } from "../wire/decode.ts";
import { encodePlan } from "../wire/encode.ts";
import type { PlanOp } from "../wire/op.ts";
import { allowing, clean, joined, made, reduced, rows } from "./_rows.test.ts";
import { checks } from "./checks.ts";
import type { Finding } from "./index.ts";
import { auditPlan, printAudit, severities, statusOf, worstOf } from "./index.ts";

const findings = (subject: Parameters<typeof auditPlan>[0], check: string): readonly Finding[] =>
  auditPlan(subject).findings.filter((finding) => finding.check === check);

const finds = test.macro({
  exec(t, check: string) {
    const row = rows[check] ?? t.fail(`no row for ${check}`);
    const found = findings(row(), check);
    t.true(found.length > 0);
    t.is(found[0]?.severity, checks[check]?.severity);
    t.deepEqual(findings((clean[check] ?? made)(), check), []);
  },
  title: (_provided, check) => `${check} is found, and only where it is`,
});

const capability = /^(own-)?cap-/;
for (const check of Object.keys(checks)) if (!capability.test(check)) test(finds, check);

const isCapability = test.macro({
  exec(t, name: string) {
    const id = name.toLowerCase().replaceAll("_", "-");
    const process = { capabilities: { bounding: [name], effective: [name], permitted: [name] } };
    t.is(findings(made({ process }), `own-${id}`).length, 1);
    t.is(findings(made({ process }), id).length, 0);
    t.is(findings(made({ process, unsafe: ["host-root"] }), id).length, 1);
    t.is(findings(made({ process, unsafe: ["host-root"] }), `own-${id}`).length, 0);
    t.is(findings(made(), `own-${id}`).length, 0);
  },
  title: (_provided, name) => `${name} is found, over the host and over its own`,
});

for (const name of capabilityNames) test(isCapability, name);

test("mounts are unlocked by what the filter lets through, until they are locked", (t) => {
  const process = { capabilities: { bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] } };
  const linux = { seccomp: undefined };
  const locked = { annotations: { "coffer.lock-mounts": "true" } };
  const what = (...subject: Parameters<typeof made>) => findings(made(...subject), "mounts-unlocked")[0]?.what;
  t.is(what({ process, linux }), "the process can change the mounts that it is given");
  t.is(what({ process, linux, top: locked }), undefined);
  t.regex(what({ ...allowing("umount"), process }) ?? "", /: the filter lets umount through$/);
  t.is(what({ ...allowing("fsopen"), process }), undefined);
  t.is(what({ ...allowing("open_by_handle_at"), process }), undefined);
  const onlyMoves = allowing("mount", { index: 3, value: 0x2000, op: "SCMP_CMP_EQ" });
  t.regex(what({ ...onlyMoves, process }) ?? "", /: the filter lets mount through$/);
});

test("a sandbox without namespaces: what Landlock and the filter close is not reported as open", (t) => {
  const { findings: found } = auditPlan(reduced());
  const ids = found.map(({ check }) => check);
  for (const check of [
    "no-root-transition",
    "host-pid",
    "host-network",
    "host-ipc",
    "shared-session",
    "shared-keyring",
    "unknown-plan",
  ])
    t.false(ids.includes(check), check);
  t.true(ids.includes("host-uts"));
  t.false(findings(reduced({ uid: 0 }), "landlock-open-files").length > 0);
});

test("what a part of Landlock or of the filter leaves open is reported as ever", (t) => {
  const edited = (change: (op: PlanOp) => readonly PlanOp[]) => {
    const { plan, ...rest } = reduced();
    const ids = auditPlan({ ...rest, plan: { ...plan, ops: plan.ops.flatMap(change) } }).findings;
    return ids.map(({ check }) => check);
  };
  const few = edited((op) => (op.op === "make-ruleset" ? [{ ...op, fs: 0x4 }] : [op]));
  for (const check of ["no-root-transition", "host-pid", "host-network", "host-ipc"])
    t.true(few.includes(check), check);
  const unfiltered = edited((op) => (op.op === "load-seccomp" ? [] : [op]));
  for (const check of ["host-network", "host-ipc", "shared-session", "shared-keyring"])
    t.true(unfiltered.includes(check), check);
  const unenforced = edited((op) => (op.op === "enforce-ruleset" ? [] : [op]));
  t.true(unenforced.includes("no-root-transition"));
});

test("a guarded name that is missing is reported, unless all of fence and supervisor keep it from being made", (t) => {
  const audited = (change: (op: PlanOp) => readonly PlanOp[]) => {
    const plan = planCases["sandbox-supervised"]?.() ?? t.fail();
    const edited = { ...plan, ops: plan.ops.flatMap(change) };
    return auditPlan({ plan: edited, inputs: { workdir: "/home/me/work" } }).findings.map(({ check }) => check);
  };
  const reports = (change: (op: PlanOp) => readonly PlanOp[]): boolean =>
    audited(change).includes("bind-guards-what-exists");
  t.false(reports((op) => [op]));
  t.false(audited((op) => [op]).includes("seccomp-notify"), "nobody but the supervisor answers");
  t.true(reports((op) => (op.op === "supervise" ? [] : [op])));
  t.true(reports((op) => (op.op === "enforce-ruleset" ? [] : [op])));
  t.true(reports((op) => (op.op === "make-ruleset" ? [{ ...op, fs: 0x100 }] : [op])));
  t.true(reports((op) => (op.op === "open-object" && op.out === "free-0" ? [{ ...op, path: "home" }] : [op])));
});

test("a default plan has nothing above a note", (t) => {
  t.is(worstOf(auditPlan(made()).findings), "note");
});

test("a further process of the default container has nothing above a note", (t) => {
  t.is(worstOf(auditPlan(joined({ noNewPrivileges: true })).findings), "note");
  t.is(
    worstOf(auditPlan(joined({ capabilities: { bounding: ["CAP_SYS_ADMIN"] }, noNewPrivileges: false })).findings),
    "medium",
  );
});

for (const name of ["sandbox-root", "sandbox-user", "sandbox-root-rw", "sandbox-supervised", "sandbox-user-supervised"])
  test(`${name} has nothing above a note`, (t) => {
    t.is(worstOf(auditPlan({ plan: planCases[name]?.() ?? t.fail() }).findings), "note");
  });

test("a stored plan is found the same of, by its ops", (t) => {
  for (const [name, make] of Object.entries(planCases)) {
    const plan = make();
    const stored = auditPlan({ plan: decodePlan(encodePlan(plan)) }).findings;
    const known = auditPlan({ plan }).findings;
    const plain = ({ pointer: _pointer, ...rest }: Finding) => rest;
    t.deepEqual(stored.map(plain), known.map(plain), name);
  }
});

test("the field is named where the plan knows it, else the op", (t) => {
  const subject = made({ process: { oomScoreAdj: -5 } });
  const [known] = findings(subject, "spared-by-oom");
  t.is(known?.pointer, "/process/oomScoreAdj");
  const [stored] = findings({ plan: decodePlan(encodePlan(subject.plan)) }, "spared-by-oom");
  t.is(stored?.pointer, undefined);
  t.is(subject.plan.ops[stored?.op ?? -1]?.op, "set-oom-score");
});

test("the path of an input is known where it is given", (t) => {
  const { plan } = made();
  t.is(findings({ plan }, "bind-sensitive-high").length, 0);
  t.is(findings({ plan, inputs: { rootfs: "/" } }, "bind-sensitive-critical").length, 1);
});

test("severities make the exit status", (t) => {
  const found = auditPlan(made({ unsafe: ["host-root"] }));
  t.is(statusOf(found, "note"), 13);
  t.is(statusOf(found, "high"), 13);
  t.is(statusOf(found, "critical"), 0);
  t.is(statusOf({ ...found, findings: [] }, "note"), 0);
  t.is(statusOf(auditPlan(made()), "low"), 0);
  t.is(statusOf(auditPlan(made()), "note"), 10);
});

test("the worst comes first, and names cannot move the cursor", (t) => {
  const subject = made({ unsafe: ["host-root"], top: { hooks: { prestart: [{ path: "/x\u001b[2J" }] } } });
  const text = printAudit(auditPlan(subject));
  t.regex(text, /^high {6}\/linux\/namespaces: the process is root/);
  t.false(text.includes("\u001b"));
  t.regex(text, /\n1 high, 1 medium, \d+ note$/);
});

test("findings of one check have their reason once", (t) => {
  const hooks = { prestart: [{ path: "/a" }], poststart: [{ path: "/b" }] };
  const text = printAudit(auditPlan(made({ top: { hooks } })));
  t.regex(text, /\/hooks\/prestart\/0: .*\n {10}\/hooks\/poststart\/0: .*\n {10}why: /);
});

test("every check says what to do, in a class of the table", (t) => {
  for (const [name, { why, fix, severity }] of Object.entries(checks)) {
    t.regex(why, /[^.]$/, name);
    t.true(fix.length > 10, name);
    t.true(severities.includes(severity), name);
  }
});

test("no plan makes an audit throw", (t) => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const stored = decodePlan(encodePlan(plan));
      printAudit(auditPlan({ plan: stored, inputs: { "in-dir": "/etc" } }));
      return true;
    }),
    { numRuns: 300 },
  );
  t.pass();
});
