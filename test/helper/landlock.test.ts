// A Landlock domain in plans that are written by hand: what no rule allows is denied, and what the kernel lacks is an error.
import test from "ava";
import type { Plan, PlanOp } from "../../packages/core/src/wire/op.ts";
import { tools } from "../helpers/build.ts";
import { failed, hello, succeeded, tryPlan } from "./expect.ts";

const EACCES = 13;
const EINVAL = 22;
const ENOSYS = 38;
const openHow = { resolve: 0, type: 0, major: 0, minor: 0 } as const;
const close = (slot: string): PlanOp => ({ op: "close", phase: "rooted", slot });
const executing = 0x5;
const listing = 0x8;

type Rights = { readonly fs?: number; readonly net?: number; readonly scoped?: number };

/** The plan with a ruleset, whose rules are made in the container's root, and enforced at the end. */
function ruled({ fs = 0, net = 0, scoped = 0 }: Rights, ...rules: readonly PlanOp[]): Plan {
  const made: readonly PlanOp[] = [{ op: "make-ruleset", phase: "rooted", fs, net, scoped, out: "ruleset" }, ...rules];
  const enforced: PlanOp = { op: "enforce-ruleset", phase: "drop", ruleset: "ruleset" };
  const ops = hello.ops.flatMap((op): readonly PlanOp[] => {
    if (op.op === "change-dir") return [op, ...made];
    return op.op === "set-no-new-privs" ? [op, enforced] : [op];
  });
  return { ...hello, ops };
}

const path = (access: number): PlanOp => ({
  op: "allow-path",
  phase: "rooted",
  ruleset: "ruleset",
  object: "root",
  access,
});
const port = (access: number): PlanOp => ({ op: "allow-port", phase: "rooted", ruleset: "ruleset", port: 443, access });

test.serial("a program is executed that a rule allows", async (t) => {
  succeeded(t, await tryPlan(t, ruled({ fs: 0xffff, net: 3, scoped: 3 }, path(executing), port(2))));
});

test.serial("a program is not executed that no rule allows", async (t) => {
  const plan = ruled({ fs: 0xffff }, path(listing));
  failed(t, await tryPlan(t, plan), { code: "call-failed", errno: EACCES, op: "exec" }, plan);
});

test.serial("a right of directories for a file is an error of the kernel", async (t) => {
  const file: PlanOp = { op: "open-object", phase: "rooted", at: "root", path: "probe", ...openHow, out: "file" };
  const plan = ruled({ fs: 0xffff }, file, { ...path(listing), object: "file" } as PlanOp, close("file"));
  failed(t, await tryPlan(t, plan), { code: "call-failed", errno: EINVAL, op: "allow-path" }, plan);
});

for (const [call, op] of [
  ["landlock_create_ruleset", "make-ruleset"],
  ["landlock_add_rule", "allow-path"],
  ["landlock_restrict_self", "enforce-ruleset"],
] as const)
  test.serial(`without ${call} nothing runs`, async (t) => {
    const plan = ruled({ fs: 0xffff }, path(executing));
    const launched = await tryPlan(t, plan, () => ({ prefix: [tools(), "deny", call, "--"] }));
    failed(t, launched, { code: "call-failed", errno: ENOSYS, op }, plan);
    t.is(launched?.stdout ?? "", "");
  });
