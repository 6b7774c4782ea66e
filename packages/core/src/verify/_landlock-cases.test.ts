// A Landlock ruleset: one, enforced once, with rules of its own rights.
import type { PlanOp } from "../wire/op.ts";
import type { Change, samples } from "./_plans.test.ts";
import { after, all, before } from "./_plans.test.ts";
import type { RuleName } from "./index.ts";

type Case = readonly [RuleName, string, keyof typeof samples, Change];

const none = { fs: 0, net: 0, scoped: 0 } as const;
const slot = { ruleset: "ruleset" } as const;
const made = (rights: Partial<Record<"fs" | "net" | "scoped", number>>): PlanOp => ({
  op: "make-ruleset",
  phase: "inside",
  ...none,
  ...rights,
  out: "ruleset",
});
const path = (access: number): PlanOp => ({ op: "allow-path", phase: "inside", ...slot, object: "host-root", access });
const port = (access: number): PlanOp => ({ op: "allow-port", phase: "inside", ...slot, port: 443, access });
const makes = (...ops: readonly PlanOp[]): Change => after("open-root", ...ops);
const enforce: PlanOp = { op: "enforce-ruleset", phase: "drop", ...slot };
const enforces = after("set-no-new-privs", enforce);

/** A domain with a path and a port. */
export const ruled: Change = all(makes(made({ fs: 12, net: 2, scoped: 3 }), path(4), port(2)), enforces);

export const landlockCases: readonly Case[] = [
  ["ruleset-once", "never enforced", "create", makes(made({ fs: 1 }))],
  [
    "ruleset-once",
    "two of them",
    "create",
    all(makes(made({ fs: 1 }), { ...made({ fs: 1 }), out: "two" } as PlanOp), enforces),
  ],
  [
    "ruleset-once",
    "enforced before no_new_privs",
    "create",
    all(makes(made({ fs: 1 })), before("set-no-new-privs", enforce)),
  ],
  ["use-after-move", "enforced twice", "create", all(makes(made({ fs: 1 })), enforces, enforces)],
  ["ruleset-rights", "one that handles nothing", "create", all(makes(made({})), enforces)],
  ["ruleset-rights", "a path with no right", "create", all(makes(made({ fs: 4 }), path(0)), enforces)],
  [
    "ruleset-rights",
    "a path with a right that is not handled",
    "create",
    all(makes(made({ fs: 4 }), path(12)), enforces),
  ],
  [
    "ruleset-rights",
    "a port with a right that is not handled",
    "create",
    all(makes(made({ fs: 7, net: 1 }), port(2)), enforces),
  ],
];
