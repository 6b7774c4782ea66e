// `coffer audit`: what a container could do to its host, of a bundle and of a stored plan.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const audit = (...words: readonly string[]) => command([...cofferArgv(), "audit", ...words]);

test.serial("findings name field, reason, fix and class, and make the exit status", async (t) => {
  const box = makeBox(t);
  const { stdout, exitCode } = await audit(box.path);
  t.is(exitCode, 13);
  t.regex(stdout, /^high {6}\/linux\/namespaces: the process is root of the host/);
  t.regex(stdout, /^ {10}fix: add a user namespace to \/linux\/namespaces/m);
  t.regex(stdout, /^ {10}\[host-root; class D runc\/LXC 2019-5736\]$/m);
  t.regex(stdout, /\n1 high, 1 medium, \d+ low, \d+ note\n$/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a sandbox in the host's pid namespace is said to leave processes", async (t) => {
  const { stdout } = await command([...cofferArgv(), "sandbox", "--unsafe-host-pid", "--show", "audit", "--", "true"]);
  t.regex(stdout, /every process of the host is in sight[^\n]*What the first process leaves goes on after its end/);
});

test.serial("--fail-on decides what counts", async (t) => {
  const box = makeBox(t);
  t.is((await audit("--fail-on", "critical", box.path)).exitCode, 0);
  t.is((await audit("--fail-on", "high", box.path)).exitCode, 13);
  t.is((await audit("--fail-on=note", box.path)).exitCode, 13);
  const { stderr, exitCode } = await audit("--fail-on", "worse", box.path);
  t.is(exitCode, 1);
  t.regex(stderr, /^coffer: [^\n]*fail-on[^\n]*\n$/);
});

test.serial("--json is the same for programs", async (t) => {
  const box = makeBox(t, { "/hooks": { poststop: [{ path: "/usr/bin/true" }] } });
  const { stdout, exitCode } = await audit("--json", box.path);
  t.is(exitCode, 13);
  const { findings, counts } = JSON.parse(stdout);
  t.is(counts.high, 1);
  t.like(findings[0], { check: "host-root", severity: "high", pointer: "/linux/namespaces" });
  const hook = findings.find(({ check }: { readonly check: string }) => check === "hooks");
  t.like(hook, { pointer: "/hooks/poststop/0", op: undefined });
});

test.serial("a stored plan needs no config", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  writeFileSync(join(box.path, "config.json"), "gone");
  const { stdout, exitCode } = await audit("--plan", file);
  t.is(exitCode, 13);
  t.regex(stdout, /^high {6}\/linux\/namespaces: the process is root of the host/);
  t.regex(stdout, /^low {7}op \d+: |^note {6}op \d+: /m);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("what is no plan or no bundle is an error", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "text");
  writeFileSync(file, "no plan");
  for (const words of [["--plan", file], ["--plan", join(box.base, "none")], [box.base], [box.path, "--plan", file]]) {
    const { stderr, exitCode } = await audit(...words);
    t.is(exitCode, 1, words.join(" "));
    t.regex(stderr, /^coffer: [^\n]+\n$/);
  }
});

test("docs/use/audit.md shows what is printed", async (t) => {
  const box = makeBox(t);
  const text = readFileSync(join(import.meta.dirname, "../../docs/use/audit.md"), "utf8");
  t.is((await command([...cofferArgv(), "spec", "-b", box.canary, "--unsafe-host-root"])).exitCode, 0);
  writeFileSync(join(box.path, "config.json"), readFileSync(join(box.canary, "config.json")));
  const { stdout } = await audit(box.path);
  const finding = stdout.split("\n").slice(0, 4).join("\n");
  const last = stdout.trimEnd().split("\n").at(-1) ?? t.fail();
  t.true(text.includes(`$ coffer audit mybundle\n${finding}\n${last}\n`));
});
