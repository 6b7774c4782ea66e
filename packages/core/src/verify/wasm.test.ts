// What stands between bytes and the verifier: base64, sizes, and the words of an error.
import test from "ava";
import { encodePlan } from "../wire/encode.ts";
import { planCases } from "./_plan-cases.test.ts";
import { changed, samples } from "./_plans.test.ts";
import { requireVerified, verifyPlan, verifyWith } from "./index.ts";
import type { Core } from "./wasm.ts";
import { asCore, decodeBase64 } from "./wasm.ts";

const texts: readonly (readonly [base64: string, bytes: readonly number[]])[] = [
  ["", []],
  ["AA==", [0]],
  ["/w==", [255]],
  ["AQI=", [1, 2]],
  ["AQID", [1, 2, 3]],
  ["+/+/", [251, 255, 191]],
  ["AQIDBA==", [1, 2, 3, 4]],
  ["AQIDBAU=", [1, 2, 3, 4, 5]],
  ["aGVsbG8sIFdPUkxE", [...Buffer.from("hello, WORLD")]],
];
for (const [base64, bytes] of texts)
  test(`base64 ${JSON.stringify(base64)}`, (t) => t.deepEqual([...decodeBase64(base64)], [...bytes]));

const most = 16 << 20;
test("an image of 16 MiB is looked at, and a larger one is not", (t) => {
  t.like(verifyPlan(new Uint8Array(most)), { ok: false, rule: "bad-magic" });
  t.deepEqual(verifyPlan(new Uint8Array(most + 1)), { ok: false, rule: "bad-size", detail: most + 1 });
});

/** A verifier that has room for 64 bytes, and names the rule with a code. */
const core = (code: number, changes: Partial<Core> = {}): Core => ({
  memory: { buffer: new ArrayBuffer(72) },
  buffer: () => 8,
  verify: () => code,
  op: () => 3,
  detail: () => -1,
  ...changes,
});

test("a verdict has the rule, the op and the detail as numbers without a sign", (t) => {
  t.deepEqual(verifyWith(core(0), new Uint8Array(64)), { ok: true });
  t.deepEqual(verifyWith(core(3), new Uint8Array(64)), { ok: false, rule: "bad-size", op: 3, detail: 0xffffffff });
  t.deepEqual(verifyWith(core(3, { op: () => -1 }), new Uint8Array(1)), {
    ok: false,
    rule: "bad-size",
    detail: 0xffffffff,
  });
});

test("an image that the verifier has no memory for is not verified", (t) => {
  const verdict = { ok: false, rule: "bad-size", detail: 64 } as const;
  t.deepEqual(verifyWith(core(0, { buffer: () => 0 }), new Uint8Array(64)), verdict);
});

test("no memory is asked for an image of more than 16 MiB", (t) => {
  const verdict = { ok: false, rule: "bad-size", detail: most + 1 } as const;
  t.deepEqual(verifyWith(core(0, { buffer: () => t.fail() }), new Uint8Array(most + 1)), verdict);
});

test("a rule that this build does not know is an error", (t) => {
  t.throws(() => verifyWith(core(9999), new Uint8Array(64)), { message: /unknown rule 9999: build it again/ });
});

test("a module without one of the verifier's exports is not taken", (t) => {
  const exports = { ...core(0), compile: () => -1 };
  t.is(asCore(exports), exports);
  for (const missing of Object.keys(exports)) {
    const others = Object.entries(exports).filter(([name]) => name !== missing);
    t.throws(() => asCore(Object.fromEntries(others)), { message: /not the one that belongs to this build/ }, missing);
  }
});

test("bytes that are no plan are refused without an op", (t) => {
  t.throws(() => requireVerified(new Uint8Array(64)), {
    code: "E_PLAN_REFUSED",
    message: /^the plan was refused: it breaks the rule `bad-magic`: /,
  });
});

test("the error of a plan names the op at fault, as the verdict has it", (t) => {
  const images = planCases.map(([, , sample, change]) => encodePlan(changed(samples[sample], change)));
  const [image = new Uint8Array(), op] =
    images
      .map((one) => [one, verifyPlan(one)] as const)
      .flatMap(([one, verdict]) => (verdict.ok || verdict.op === undefined ? [] : [[one, verdict.op] as const]))[0] ??
    [];
  t.throws(() => requireVerified(image), {
    code: "E_PLAN_REFUSED",
    message: new RegExp(`^the plan was refused at op ${op}: it breaks the rule`),
  });
});
