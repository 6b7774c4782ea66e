// What stands between bytes and the verifier: base64, sizes, and the words of an error.
import test from "ava";
import { encodePlan } from "../wire/encode.ts";
import { planCases } from "./_plan-cases.test.ts";
import { changed, samples } from "./_plans.test.ts";
import { requireVerified, verifyPlan } from "./index.ts";
import { decodeBase64 } from "./wasm.ts";

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
