// Each weakened verifier makes CBMC find its claim false.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";
import { proofs, prove } from "./prove.ts";
import { weakenings } from "./weakenings.ts";

for (const [what, { proof, file, change, claim }] of Object.entries(weakenings))
  test(`a verifier is found out that lets through what ${what}`, async (t) => {
    const known = proofs[proof];
    if (known === undefined || !(await needs(t, "cbmc"))) return;
    t.timeout(900_000);
    const source = mkdtempSync(join(tmpdir(), "cft-proof-"));
    t.teardown(() => rmSync(source, { recursive: true, force: true }));
    for (const folder of ["plan", "proof"])
      cpSync(join(repository, "helper-c", folder), join(source, folder), { recursive: true });
    const text = readFileSync(join(source, "plan", file), "utf8");
    writeFileSync(join(source, "plan", file), text.replace(...change));
    const { failed } = await prove(proof, known, source);
    t.true(
      failed.some((line) => line.includes(claim)),
      failed.join("\n"),
    );
  });
