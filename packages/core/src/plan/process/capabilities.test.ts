// What is odd in capabilities: what the container gets, and which warnings there are.
import test from "ava";
import { planCreate } from "../create/create.ts";
import { baseConfig, rootFacts } from "../testing/builders.ts";

const kill = 1n << 5n;

interface Expected {
  readonly keep?: bigint;
  readonly permitted?: bigint;
  readonly effective?: bigint;
  readonly inheritable?: bigint;
  /** The pointers of the warnings, beneath `/process/capabilities`. */
  readonly told?: readonly string[];
}

const gives = test.macro((t, capabilities: object, expected: Expected, lastCap: number = rootFacts.lastCap) => {
  const plan = planCreate(baseConfig({ process: { capabilities } }), { ...rootFacts, lastCap }, { id: "c1" });
  const { keep = 0n, permitted = 0n, effective = 0n, inheritable = 0n, told = [] } = expected;
  const bounding = plan.ops.find((op) => op.op === "drop-bounding");
  t.is(bounding?.keep, keep);
  const set = plan.ops.find((op) => op.op === "set-caps");
  t.like(set, { permitted, effective, inheritable, ambient: 0n });
  t.deepEqual(
    (plan.warnings ?? []).map(({ pointer }) => pointer),
    told.map((name) => `/process/capabilities/${name}`),
  );
});

test(
  "an unknown name gives nothing",
  gives,
  { bounding: ["CAP_NOPE", "CAP_KILL", "CAP_\u017fYS_ADMIN"] },
  { keep: kill, told: ["bounding/0", "bounding/2"] },
);
test("a name that the kernel does not know", gives, { bounding: ["CAP_BPF"] }, { told: ["bounding/0"] }, 37);
test("lower case", gives, { bounding: ["cap_kill"] }, { keep: kill });
test("a name without its prefix gives nothing", gives, { bounding: ["KILL"] }, { told: ["bounding/0"] });
test("lower case and no prefix", gives, { bounding: ["kill"] }, { told: ["bounding/0"] });
test("permitted beyond bounding", gives, { permitted: ["CAP_KILL"], effective: ["CAP_KILL"] }, { told: ["permitted"] });
test(
  "inheritable beyond permitted",
  gives,
  { bounding: ["CAP_KILL"], inheritable: ["CAP_KILL"] },
  { keep: kill, inheritable: kill, told: ["inheritable"] },
);
