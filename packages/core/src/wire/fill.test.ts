// A plan that is kept without the words of its program, and filled: the same plan as if it had been made with these.
import test from "ava";
import fc from "fast-check";
import { planCreate } from "../plan/index.ts";
import { baseConfig, rootFacts } from "../plan/testing/builders.ts";
import { verifyPlan } from "../verify/index.ts";
import { decodePlan } from "./decode.ts";
import { encodePlan } from "./encode.ts";
import { WireError } from "./error.ts";
import { fillStrings } from "./fill.ts";
import type { Plan } from "./op.ts";

const plan = planCreate(baseConfig(), rootFacts, { id: "one", bundle: "/bundle" });

function withWords(args: readonly string[], env: readonly string[]): Plan {
  const last = plan.ops.at(-1);
  if (last?.op !== "exec") throw new Error("the last op is not exec");
  return { ...plan, ops: [...plan.ops.slice(0, -1), { ...last, args, env }] };
}

const hollow = encodePlan(withWords(["sh"], []));

/** Text without NUL, with bytes that are not UTF-8 among it. */
const word = fc.string({
  unit: fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 3 }), fc.constant("\udc80")),
});
const words = fc.array(
  word.map((text) => text.replaceAll("\0", "").replace(/[\ud800-\udc7f\udd00-\udfff]/g, "")),
  { minLength: 1, maxLength: 6 },
);

test("a filled plan is the plan with these words, and is well formed", (t) => {
  fc.assert(
    fc.property(words, words, (args, env) => {
      let expected: Plan;
      try {
        expected = decodePlan(encodePlan(withWords(args, env)));
      } catch (error) {
        t.throws(() => fillStrings(hollow, "exec", { args, env }), { instanceOf: WireError });
        return error instanceof WireError;
      }
      const filled = fillStrings(hollow, "exec", { args, env });
      t.deepEqual(decodePlan(filled), expected);
      return verifyPlan(filled).ok;
    }),
  );
});

test("what is filled can be filled again", (t) => {
  const filled = fillStrings(fillStrings(hollow, "exec", { args: ["a"], env: ["B=1"] }), "exec", { args: ["c", "d"] });
  t.deepEqual(decodePlan(filled), decodePlan(encodePlan(withWords(["c", "d"], ["B=1"]))));
});

test("no variable at all is none", (t) => {
  const filled = fillStrings(encodePlan(withWords(["sh"], ["A=1"])), "exec", { env: [] });
  t.deepEqual(decodePlan(filled), decodePlan(hollow));
});

test("nothing is filled where the last op is another", (t) => {
  t.throws(() => fillStrings(hollow, "find-exec", { candidates: ["sh"] }), { instanceOf: WireError });
  t.throws(() => fillStrings(new Uint8Array(64), "exec", { args: ["sh"] }), { instanceOf: WireError });
});

test("a NUL in a word is an error", (t) => {
  t.throws(() => fillStrings(hollow, "exec", { args: ["a\0b"] }), { instanceOf: WireError });
});
