// What is read of a checkpoint is what acts on it: longer with `npm run fuzz -- --checkpoints 100000`.
import test from "ava";
import fc from "fast-check";
import { needs } from "../helpers/needs.ts";
import type { Fates } from "./checkpoint.ts";
import { anyArchive, anyMount, startDecoder, tryArchive, tryMount } from "./checkpoint.ts";

test("an archive that is taken is listed as tar(1) lists it", (t) => {
  const fates: Fates = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(anyArchive, (archive) => tryArchive(archive, fates)),
    { numRuns: 400 },
  );
  t.log(fates);
  t.true(fates.taken > 20 && fates.refused > 20);
});

test("a mount that is taken is read as CRIU's decoder reads it", async (t) => {
  if (!(await needs(t, "pycriu"))) return;
  const fates: Fates = { taken: 0, refused: 0 };
  const { decode, stop } = startDecoder();
  t.teardown(stop);
  await fc.assert(
    fc.asyncProperty(anyMount, (bytes) => tryMount(bytes, decode, fates)),
    { numRuns: 1000 },
  );
  t.log(fates);
  t.true(fates.taken > 50 && fates.refused > 50);
});
