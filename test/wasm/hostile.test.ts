// Modules, compilers and neighbours that attack: nothing of the host is reached, and the message is one line.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CofferError } from "@coffer/core";
import test from "ava";
import { checkCommand } from "../../packages/core/src/wasm/module/check.ts";
import { readModule } from "../../packages/core/src/wasm/module/read.ts";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { pause } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const seed = Number(process.env.COFFER_SEED ?? 20_261_130);

/** A module of which some bytes were changed: of its head, which is sizes and counts, or of its code; or which was cut. */
function change(module: Uint8Array, index: number): Uint8Array {
  const random = makeRandom(seed + index);
  const bytes = Uint8Array.from(module);
  const isOfCode = random(2) === 0;
  for (let left = 1 + random(4); left > 0; left -= 1)
    bytes[isOfCode ? 1024 + random(16_384) : random(512)] = random(256);
  return random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

test("a changed module is read, or is an error with its place", (t) => {
  t.timeout(120_000);
  const module = new Uint8Array(readFileSync(buildModule("words")));
  let read = 0;
  for (let index = 0; index < (isNightly ? 20_000 : 1000); index += 1)
    try {
      checkCommand(readModule(change(module, index)));
      read += 1;
    } catch (error) {
      t.true(CofferError.is(error, "E_MODULE_INVALID"), `${index} of seed ${seed}: ${error}`);
      t.false(String(error).includes("\n"));
    }
  t.true(read > 0);
});

test.serial("a changed module that is read compiles, or is an error of one line", async (t) => {
  t.timeout(600_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const module = new Uint8Array(readFileSync(buildModule("words")));
  const base = emptyDir(t);
  const file = join(base, "changed.wasm");
  const env = { XDG_CACHE_HOME: join(base, "cache") };
  const count = isNightly ? 300 : 6;
  let failed = 0;
  for (let index = 0; index < count; index += 1) {
    writeFileSync(file, change(module, index));
    const { stderr, exitCode } = await wasm(["compile", file], { env });
    if (exitCode === 0) continue;
    t.regex(stderr, /^coffer: the module [^\n]+\n$/, `${index} of seed ${seed}`);
    failed += 1;
  }
  const kept = existsSync(join(base, "cache/coffer/wasm")) ? readdirSync(join(base, "cache/coffer/wasm")).length : 0;
  t.is(kept + failed, count, "nothing is left of what does not compile");
  t.true(failed > 0);
});

/** A translator that does what an attacker would who has taken it over. */
const takenOver = (base: string): string => `#!/bin/sh
cat module.wasm >/dev/null
{ echo owned >${base}/outside; } 2>/dev/null
{ echo owned >/usr/owned; } 2>/dev/null
cat ${base}/secret 2>/dev/null
ls /root 2>/dev/null
{ echo >/dev/tcp/127.0.0.1/22; } 2>/dev/null
kill -9 -1 2>/dev/null
touch guest_0.c guest.h
yes 'coffer: a part is compiled' | head -n 5000 >&2
printf '\\033[31m%s\\n' 'two
lines' >&2
exit 1
`;

test.serial("a translator that was taken over reaches nothing, and its words are escaped", async (t) => {
  t.timeout(120_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  chmodSync(base, 0o755);
  const tools = join(base, "tools");
  mkdirSync(tools);
  writeFileSync(join(base, "secret"), "secret");
  writeFileSync(join(tools, "wasm2c"), takenOver(base), { mode: 0o755 });
  const env = { XDG_CACHE_HOME: join(base, "cache"), PATH: `${tools}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const { stdout, stderr, exitCode } = await wasm([buildModule("words")], { env });
  t.is(stdout, "");
  t.is(exitCode, 125);
  t.is(stderr.trim().split("\n").length, 1, stderr);
  t.false(stderr.includes("secret") || stderr.includes("\u001b"), stderr);
  t.deepEqual(readdirSync(base).sort(), ["cache", "secret", "tools"]);
  t.false(existsSync("/usr/owned"));
});

/** Says that it has compiled, and gives a program of its own instead: the container of that has no more than a module's. */
const lying = `#!/bin/sh
while [ "$1" != -o ]; do shift; done
: >guest_0.c; : >guest.h
cat >guest-impl.h <<'END'
WASM_MEMORY wasm_trap_in
END
sleep 1000 & exit 0
`;

test.serial("a translator that writes nonsense is an error, and what it started is gone", async (t) => {
  t.timeout(120_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  chmodSync(base, 0o755);
  const tools = join(base, "tools");
  mkdirSync(tools);
  writeFileSync(join(tools, "wasm2c"), lying, { mode: 0o755 });
  const env = { XDG_CACHE_HOME: join(base, "cache"), PATH: `${tools}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const began = performance.now();
  const { stderr, exitCode } = await wasm([buildModule("words")], { env });
  t.is(exitCode, 125);
  t.regex(stderr, /^coffer: the module cannot be compiled: [^\n]+\n$/);
  t.true(performance.now() - began < 60_000);
});

test.serial("a directory that becomes a link again and again never leads out", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  const work = join(base, "work");
  mkdirSync(join(work, "sub"), { recursive: true });
  mkdirSync(join(base, "out"));
  writeFileSync(join(base, "out/secret"), "secret");
  writeFileSync(join(work, "sub/secret"), "inside");
  const flip = `ln -s ../out ${work}/link; while :; do mv -T --exchange ${work}/sub ${work}/link 2>/dev/null || exit; done`;
  const racer = spawn("sh", ["-c", flip], { stdio: "ignore" });
  const ended = once(racer, "exit");
  t.teardown(() => racer.kill("SIGKILL"));
  const { stdout } = await wasm(["--dir", `${work}:/work`, buildModule("race")]);
  t.is(stdout, "opened some\n");
  racer.kill("SIGKILL");
  await ended;
  // One mv(1) may still be there.
  await pause(200);
});
