// The wire contract: TypeScript writes images, the native helper and the wasm module say the same of each.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import fc from "fast-check";
import { decodePlan } from "../wire/decode.ts";
import { encodePlan } from "../wire/encode.ts";
import { planCases } from "./_plan-cases.test.ts";
import { changed, samples } from "./_plans.test.ts";
import { ruleName, verifyPlan } from "./index.ts";

const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
const helper = fileURLToPath(new URL(`../../native/coffer-helper-${machine}`, import.meta.url));
const built = existsSync(helper) || process.env.MUST_WORK === "1";
const native = built ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), "coffer-verify-"));

test.after.always(() => rmSync(folder, { recursive: true }));

/** What `coffer-helper verify` says: the rule that is broken, or nothing. */
function verifyNatively(bytes: Uint8Array): string | undefined {
  const file = join(folder, "plan");
  writeFileSync(file, bytes);
  const fd = openSync(file, "r");
  const { status, stderr } = spawnSync(helper, ["verify", "--plan-fd", "3"], {
    stdio: ["ignore", "ignore", "pipe", fd],
  });
  closeSync(fd);
  if (status === 0) return undefined;
  return ruleName(Number(/detail (\d+)/.exec(stderr.toString())?.[1])) ?? stderr.toString();
}

for (const [name, plan] of Object.entries(samples)) {
  const golden = new URL(`./test-data/${name}.plan`, import.meta.url);

  test(`the ${name} plan is encoded as the golden image`, (t) => {
    const image = encodePlan(plan);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, image);
    t.deepEqual(image, new Uint8Array(readFileSync(golden)));
    t.deepEqual(encodePlan(decodePlan(image)), image);
  });

  native(`the helper accepts the golden ${name} image`, (t) => {
    t.is(verifyNatively(readFileSync(golden)), undefined);
  });
}

const sample = fc.constantFrom(...Object.values(samples)).map((plan) => encodePlan(plan));
const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });

/** An image with some bytes changed, mostly in its header and its ops. */
const damaged = fc.tuple(sample, damage).map(([image, changes]) => {
  for (const [at, byte] of changes) image[at % image.length] = byte;
  return image;
});

test("a damaged image is refused, or is a plan that decodes and verifies again", (t) => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(damaged, (image) => {
      const verdict = verifyPlan(image);
      if (!verdict.ok) {
        seen.refused++;
        return;
      }
      seen.accepted++;
      t.deepEqual(verifyPlan(image), verdict);
      reencode(image);
    }),
    { numRuns: 3000 },
  );
  t.log(seen);
  t.true(seen.refused > seen.accepted);
});

/** Bytes that are not UTF-8 are good strings of a plan, but not of TypeScript. */
function reencode(image: Uint8Array): void {
  try {
    const again = verifyPlan(encodePlan(decodePlan(image)));
    if (!again.ok) throw new Error(`encoded again it breaks ${again.rule}`);
  } catch (error) {
    if (!(error instanceof Error && /not UTF-8/.test(error.message))) throw error;
  }
}

/** Its pointers are twice as wide as those of the wasm module. */
native("the helper refuses every wrong plan for the same reason", (t) => {
  t.timeout(60_000);
  for (const [rule, name, sample, change] of planCases)
    t.is(verifyNatively(encodePlan(changed(samples[sample], change))), rule, name);
});

native("the helper and the wasm module agree on damaged images", (t) => {
  fc.assert(
    fc.property(damaged, (image) => {
      const verdict = verifyPlan(image);
      t.is(verifyNatively(image), verdict.ok ? undefined : verdict.rule);
    }),
    { numRuns: 150 },
  );
});
