// CBMC's proofs about the decoder and the verifier (helper-c/proof), for every input up to the bounds of each proof. No read
// or write is out of bounds, nothing overflows, and every loop ends. What is accepted has what the proof asserts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { kept } from "../helpers/kept.ts";
import { needs } from "../helpers/needs.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import { proofs, prove } from "./prove.ts";
import { weakenings } from "./weakenings.ts";

for (const [name, proof] of ofToday(Object.entries(proofs), 2))
  test(proof.title, async (t) => {
    if (!(await needs(t, "cbmc"))) return;
    t.timeout(900_000);
    await kept(t, ["helper-c", "test/model/prove.ts"], async () => {
      const { stdout, exitCode, failed } = await prove(name, proof, join(repository, "helper-c"));
      t.deepEqual(failed, []);
      t.is(exitCode, 0, stdout.slice(-2000));
      t.regex(stdout, /VERIFICATION SUCCESSFUL/);
    });
  });

test("what each weakened verifier takes away is still there", (t) => {
  for (const [what, { proof, file, change }] of Object.entries(weakenings)) {
    t.true(proof in proofs, what);
    t.is(readFileSync(join(repository, "helper-c/plan", file), "utf8").split(change[0]).length, 2, what);
  }
});
