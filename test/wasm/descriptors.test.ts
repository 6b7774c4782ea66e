// A module that uses descriptors for what they are not: numbers that are not open, more rights, other kinds, closed ones.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

const expected = `odd 56
open 0
write 8
more rights 76
as a directory 54
list 54
renumber 0
write, renumbered 8
read by the old number 8
read a directory 8
close 0
open in what is closed 8
close again 8
`;

test.serial("a descriptor is what it was opened as, whatever a module does with its number", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const work = join(emptyDir(t), "work");
  mkdirSync(work);
  for (const tier of ["best", "quick"]) {
    const words = ["--tier", tier, "--dir", `${work}:/work`, buildModule("descriptors")];
    const { stdout, stderr, exitCode } = await wasm(words, { env: { XDG_CACHE_HOME: emptyDir(t) }, input: "" });
    t.deepEqual([stdout, stderr, exitCode], [expected, "", 0], tier);
  }
  t.is(readFileSync(join(work, "file"), "utf8"), "");
});
