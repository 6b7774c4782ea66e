// Bytes at random for the native front; longer with `npm run fuzz -- --front 100000`. COFFER_SEED repeats a run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { native } from "./both.ts";
import { anyWords, compareConfigs } from "./fuzz.ts";
import { safeVerbs } from "./lines.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const seed = Number(process.env.COFFER_SEED ?? 20_261_130);

test.serial("a config of changed bytes: both fronts say the same", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  t.timeout(3_600_000);
  const { planned, differences } = await compareConfigs(isNightly ? 20_000 : 200, makeRandom(seed));
  t.log(`seed ${seed}: ${planned} were planned`);
  t.true(planned > 0);
  t.deepEqual(
    differences.map(({ config, ...seen }) => ({ config: config.toString("base64"), ...seen })),
    [],
  );
});

test.serial("a command line of any bytes ends in one line, or in what it asked for", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  t.timeout(3_600_000);
  const directory = mkdtempSync(join(tmpdir(), "cft-words-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const random = makeRandom(seed);
  const file = join(directory, "words");
  for (let count = isNightly ? 20_000 : 150; count > 0; count--) {
    const words = anyWords(safeVerbs, random);
    writeFileSync(file, Buffer.concat(words.flatMap((word) => [word, Buffer.from([0])])));
    // xargs(1) ends with 123 after a command that failed, and with 125 after one that a signal ended.
    const argv = ["xargs", "-0", "-a", file, ...native, "--root", "/proc/none"];
    const { exitCode, stderr } = await command(argv, { cwd: directory, timeoutMs: 20_000 });
    const told = words.map((word) => JSON.stringify(word.toString("latin1"))).join(" ");
    t.true(exitCode === 0 || exitCode === 123, `${told}: ${exitCode} ${stderr}`);
    t.notRegex(stderr, /engine|internal error/, told);
    t.true(stderr === "" || /^[^\n]+\n$/.test(stderr), `${told}: ${stderr}`);
  }
});
