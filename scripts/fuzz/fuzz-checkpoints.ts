// Random archives and mounts through the readers of a checkpoint, tar(1) and CRIU's decoder: `npm run fuzz -- --checkpoints N [--seed N]`.
import fc from "fast-check";
import type { Fates } from "../../test/fuzz/checkpoint.ts";
import { anyArchive, anyMount, startDecoder, tryArchive, tryMount } from "../../test/fuzz/checkpoint.ts";

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const runs = option("--checkpoints", 100_000);
const seed = option("--seed", Date.now() & 0x7fffffff);
const how = { numRuns: runs, seed, endOnFailure: true } as const;
const [archives, mounts]: readonly [Fates, Fates] = [
  { taken: 0, refused: 0 },
  { taken: 0, refused: 0 },
];
console.log(`${runs} archives and mounts, --seed ${seed}`);
fc.assert(
  fc.property(anyArchive, (archive) => tryArchive(archive, archives)),
  how,
);
const { decode, stop } = startDecoder();
await fc.assert(
  fc.asyncProperty(anyMount, (bytes) => tryMount(bytes, decode, mounts)),
  how,
);
stop();
console.log(
  `ok: archives: ${archives.taken} taken, ${archives.refused} refused; mounts: ${mounts.taken} taken, ${mounts.refused} refused`,
);
