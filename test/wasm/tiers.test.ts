// Two tiers: a large module runs soon by a quick program, and the best is made in the background. Neither stands for the other.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command, pause } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

const answer = "3860987490\n";
const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

interface Entry {
  readonly key: string;
  readonly tier: string;
}

async function entriesOf(base: string): Promise<readonly Entry[]> {
  const { stdout } = await wasm(["--json", "cache", "list"], { env: { XDG_CACHE_HOME: base } });
  const list: unknown = JSON.parse(stdout);
  return Array.isArray(list) ? list.map(({ key, tier }) => ({ key: String(key), tier: String(tier) })) : [];
}

const tiersOf = async (base: string): Promise<readonly string[]> => (await entriesOf(base)).map(({ tier }) => tier);

/** The directory of the one entry of a tier. */
async function placeOf(base: string, tier: string): Promise<string> {
  const found = (await entriesOf(base)).find((one) => one.tier === tier);
  return join(base, "coffer/wasm", found?.key ?? "none");
}

test.serial("a large module runs by a quick program, and the best follows in the background", async (t) => {
  t.timeout(300_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  const module = buildModule("large");
  const { stdout, stderr, exitCode } = await wasm([module], { env });
  t.deepEqual([stdout, stderr, exitCode], [answer, "", 0]);
  t.true((await tiersOf(base)).includes("quick"));
  for (let tries = 0; tries < 1200 && (await tiersOf(base)).length < 2; tries += 1) await pause(200);
  t.deepEqual([...(await tiersOf(base))].sort(), ["best", "quick"]);
  const quick = await placeOf(base, "quick");
  rmSync(quick, { recursive: true });
  t.is((await wasm([module], { env })).stdout, answer);
  t.deepEqual(await tiersOf(base), ["best"], "with the best there is no quick one");
  const { stdout: left } = await command(["pgrep", "-f", `idle compile ${module}`]);
  t.is(left, "", "nothing is left of the background");
});

test.serial("--tier quick has no background, and --tier best waits", async (t) => {
  t.timeout(300_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  const module = buildModule("traps");
  t.is((await wasm(["--tier", "quick", module, "--", "recurse"], { env })).exitCode, 134);
  t.deepEqual(await tiersOf(base), ["quick"]);
  t.is((await wasm(["--tier", "best", module, "--", "recurse"], { env })).exitCode, 134);
  t.deepEqual([...(await tiersOf(base))].sort(), ["best", "quick"]);
  t.regex((await wasm(["--tier", "quick", "compile", module], { env })).stdout, / best, compiled before\n$/);
});

const attacks: Readonly<Record<string, (quick: string, best: string) => void>> = {
  "the quick program with its record": (quick, best) => {
    for (const name of ["program", "record.json"]) copyFileSync(join(quick, name), join(best, name));
  },
  "a program whose record is not there yet": (quick, best) => {
    rmSync(join(best, "record.json"));
    copyFileSync(join(quick, "program"), join(best, "program"));
  },
  "a record that ends in the middle": (_quick, best) => {
    const record = join(best, "record.json");
    const text = readFileSync(record, "utf8");
    rmSync(record);
    writeFileSync(record, text.slice(0, text.length / 2));
  },
};

const inPlaceOfBest = test.macro({
  exec: async (t, attack: string) => {
    t.timeout(300_000);
    if (!(await hasTools(t))) return;
    const base = emptyDir(t);
    const env = { XDG_CACHE_HOME: base };
    const module = buildModule("words");
    for (const tier of ["quick", "best"]) t.is((await wasm(["--tier", tier, "compile", module], { env })).exitCode, 0);
    const [quick, best] = [await placeOf(base, "quick"), await placeOf(base, "best")];
    const program = readFileSync(join(best, "program"));
    attacks[attack]?.(quick, best);
    const { stdout } = await wasm(["--tier", "best", "compile", module], { env });
    t.regex(stdout, / best\n$/, "it is compiled again");
    t.deepEqual(readFileSync(join(best, "program")), program);
  },
  title: (_provided, attack: string) => `in the place of the best does not count: ${attack}`,
});

for (const attack of Object.keys(attacks)) test.serial(inPlaceOfBest, attack);

test.serial("one module at a time is compiled in the background", async (t) => {
  t.timeout(300_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  mkdirSync(join(base, "coffer/wasm"), { recursive: true, mode: 0o700 });
  const lock = join(base, "coffer/wasm/improving");
  writeFileSync(lock, "");
  const holder = spawn("flock", [lock, "sh", "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => holder.kill());
  await once(holder.stdout, "data");
  const { stdout } = await wasm(["--idle", "compile", buildModule("words")], { env });
  t.is(stdout, "another module is being compiled\n");
  t.deepEqual(readdirSync(join(base, "coffer/wasm")), ["improving"]);
});

test.serial("a cache that is taken away meanwhile is not made again", async (t) => {
  t.timeout(300_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const dir = join(base, "coffer/wasm");
  const words = [...cofferArgv(), "wasm", "--idle", "compile", buildModule("large")];
  const [file = "", ...args] = words;
  const child = spawn(file, args, { env: { ...process.env, XDG_CACHE_HOME: base }, stdio: "ignore" });
  const ended = once(child, "exit");
  for (let tries = 0; tries < 600; tries += 1) {
    if (existsSync(dir) && readdirSync(dir).some((name) => name.length === 64)) break;
    await pause(20);
  }
  rmSync(join(base, "coffer"), { recursive: true });
  await ended;
  t.deepEqual(readdirSync(base), []);
});
