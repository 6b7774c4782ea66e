// The tests that launch, once more with helpers that end where they read, write or count wrongly.

import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { buildAddressChecked, buildTrapping } from "../helpers/trace/sanitised.ts";

const launching = ["conformance/conformance", "helper/exec", "helper/gate", "helper/read-back", "helper/terminal"];
const wider = ["helper/bus", "helper/protocol", "lifecycle/exec", "lifecycle/foreground", "spec3/netdevices"];

/** Variables of the caller: the compiler of tools keeps something in a cache. */
function kept(): Readonly<Record<string, string>> {
  const names = ["PATH", "HOME", "XDG_CACHE_HOME", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function passes(
  t: ExecutionContext,
  helper: string,
  files: readonly string[],
  left: readonly string[] = [],
): Promise<void> {
  const words = files.map((file) => join("test", `${file}.test.ts`));
  const matches =
    left.length === 0 ? [] : ["*", ...left.map((title) => `!${title}`)].flatMap((one) => ["--match", one]);
  const outcome = await command([join(repository, "node_modules/.bin/ava"), ...matches, ...words], {
    cwd: repository,
    env: { ...kept(), COFFER_HELPER: helper, COFFER_TESTS: "main" },
    timeoutMs: 1_500_000,
  });
  const failures = outcome.stdout.split("\n").filter((line) => line.includes("✘"));
  t.deepEqual(failures, []);
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.regex(outcome.stdout, /\d{2,} tests? passed/);
}

test.serial("undefined behaviour would trap, in the launcher and in init", async (t) => {
  t.timeout(1_800_000);
  if (!(await needs(t, "root", "userns"))) return;
  await passes(t, buildTrapping(t), [...launching, ...wider]);
});

test.serial("the address sanitizer finds nothing in init", async (t) => {
  t.timeout(1_800_000);
  if (!(await needs(t, "root", "userns", "gcc"))) return;
  // Limits of its memory are none that the sanitizer could live with. What init gives back at the gate is not there.
  const left = ["resource limits", "the limit RLIMIT_DATA *", "where pages are larger than 4096 bytes *"];
  await passes(t, buildAddressChecked(t), launching, left);
});
