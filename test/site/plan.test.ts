// The plan view in a real browser: what it plans is what `coffer plan` plans, and what it is given does no harm.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { verbs } from "../../packages/core/src/index.ts";
import { openRuntime } from "../../packages/core/src/runtime/open.ts";
import { command } from "../helpers/command.ts";
import { baseConfig } from "../helpers/config.ts";
import { makeBox } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { patched } from "../helpers/json.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { strangers } from "./in-page.ts";
import { callIn, drop, paste, saved, settle, textsOf, useSite } from "./site.ts";

const site = useSite(test);
const caps = (...names: readonly string[]) => ({ bounding: names, effective: names, permitted: names });
const user = [{ containerID: 0, hostID: 600_178_688, size: 65_536 }];
const namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));

/** Thirty configs: the base of all tests with one change. */
const changes: readonly Patch[] = [
  {},
  { "/hostname": "other" },
  { "/domainname": "example.org" },
  { "/root/readonly": false },
  { "/process/args": ["id", "-u"] },
  { "/process/env": ["A=\u00e9", "B=\"'<>&"] },
  { "/process/cwd": "/tmp" },
  { "/process/user": { uid: 5, gid: 6, additionalGids: [7] } },
  { "/process/capabilities": caps("CAP_KILL", "CAP_SYS_ADMIN") },
  { "/process/noNewPrivileges": false },
  { "/process/oomScoreAdj": 100 },
  { "/process/rlimits": [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }] },
  { "/process/scheduler": { policy: "SCHED_BATCH", nice: 3 } },
  { "/process/ioPriority": { class: "IOPRIO_CLASS_BE", priority: 3 } },
  { "/process/unknownField": 1 },
  { "/linux/namespaces": [...namespaces, { type: "user" }], "/linux/uidMappings": user, "/linux/gidMappings": user },
  { "/linux/namespaces": namespaces.filter(({ type }) => type !== "network") },
  { "/linux/namespaces": namespaces.filter(({ type }) => type !== "pid") },
  { "/linux/maskedPaths": ["/proc/kcore", "/proc/keys"] },
  { "/linux/readonlyPaths": [] },
  { "/linux/sysctl": { "net.ipv4.ip_forward": "1" } },
  { "/linux/resources": { pids: { limit: 64 }, memory: { limit: 134_217_728 } } },
  { "/linux/resources": { cpu: { shares: 512, quota: 50_000, period: 100_000 } } },
  { "/linux/devices": [{ path: "/dev/fuse", type: "c", major: 10, minor: 229 }] },
  { "/linux/rootfsPropagation": "rslave" },
  {
    "/linux/seccomp": { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["reboot"], action: "SCMP_ACT_ERRNO" }] },
  },
  { "/mounts": [{ destination: "/etc", type: "bind", source: "/etc", options: ["rbind", "ro"] }] },
  { "/mounts": [{ destination: "/m", type: "tmpfs", source: "tmpfs", options: ["size=1m", "nosuid"] }] },
  { "/hooks": { poststop: [{ path: "/usr/bin/true" }] } },
  { "/annotations": { "org.example.a": "b" } },
];

test.serial("thirty configs have the plan and the audit of the command line, byte for byte", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page, errors } = opened;
  t.is(changes.length, 30);
  const runtime = openRuntime();
  const box = makeBox(t);
  const file = join(box.path, "config.json");
  const base: Json = JSON.parse(readFileSync(file, "utf8"));
  await paste(page, JSON.stringify(base));
  await drop(page, "facts.json", await verbs.showFacts(runtime, box.path));
  for (const change of changes) {
    const name = JSON.stringify(change);
    const text = JSON.stringify(patched(base, change), null, 2);
    writeFileSync(file, text);
    await paste(page, text);
    t.is(await saved(page, "#save-plan"), `${await verbs.showPlan(runtime, box.path, "json")}\n`, name);
    const { findings } = await verbs.audit(runtime, { bundle: box.path });
    const wanted = findings.map(({ severity, what }) => `${severity} ${what}`);
    t.deepEqual((await textsOf(page, "#findings h4")).toSorted(), wanted.toSorted(), name);
  }
  t.deepEqual(errors, []);
});

test.serial("the command line itself prints what the page saves", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  const box = makeBox(t);
  const coffer = async (...words: readonly string[]) => (await command([...cofferArgv(), ...words, box.path])).stdout;
  await paste(page, readFileSync(join(box.path, "config.json"), "utf8"));
  await drop(page, "facts.json", await coffer("plan", "--facts"));
  t.is(await saved(page, "#save-plan"), await coffer("plan", "--json"));
  t.true(await page.locator("#real-host").isVisible());
});

test.serial("the words are those of `coffer explain`", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  const box = makeBox(t);
  await paste(page, readFileSync(join(box.path, "config.json"), "utf8"));
  await drop(page, "facts.json", await verbs.showFacts(openRuntime(), box.path));
  const text = (await command([...cofferArgv(), "explain", "--json", box.path])).stdout;
  const parts: readonly { readonly sentences: readonly { readonly text: string }[] }[] = JSON.parse(text).parts;
  t.deepEqual(
    await textsOf(page, "#words li"),
    parts.flatMap(({ sentences }) => sentences.map((one) => one.text)),
  );
});

test.serial("selecting a field shows its ops, and selecting an op its field, with mouse and keyboard", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  await page.selectOption("#sample", "runc spec");
  await settle(page);
  await page.locator("#config [role=option]", { hasText: '"hostname"' }).click();
  t.deepEqual(await textsOf(page, "#ops [aria-selected=true] .line"), ["set-hostname name=coffer"]);
  await page.locator("#ops [role=option]", { hasText: "pivot root=root" }).click();
  t.regex((await textsOf(page, "#config [aria-selected=true]")).join("\n"), /"path": "rootfs"/);
  t.regex((await page.locator("#op-detail").textContent()) ?? "", /pivot_root/);
  await page.focus("#ops");
  await page.keyboard.press("Home");
  t.is(await page.getAttribute("#ops", "aria-activedescendant"), "ops-0");
  await page.keyboard.press("ArrowDown");
  t.regex((await page.locator("#op-detail").textContent()) ?? "", /^Op 1[a-z]/);
  await page
    .locator("#op-detail button", { hasText: /^op 0$/ })
    .first()
    .click();
  t.regex((await page.locator("#op-detail").textContent()) ?? "", /^Op 0[a-z]/);
});

test.serial("another host is planned for, and what changes is said", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  await page.selectOption("#sample", "coffer spec");
  await page.selectOption("#host-caller", "user");
  await page.waitForSelector("#host-effect table");
  t.regex((await page.locator("#host-effect").textContent()) ?? "", /ops more, \d+ fewer/);
  await page.selectOption("#host-kernel", "5.10");
  await page.waitForSelector("#words .failure");
  t.regex((await page.locator("#words").textContent()) ?? "", /5\.14/);
});

test.serial("user namespaces that a host turns off make a launch fail, for whom the switch is meant", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  const says = async (): Promise<string | undefined> =>
    (await textsOf(page, "#words li")).find((text) => text.includes("turns user namespaces off"));
  const choose = async (change: Readonly<Record<string, string>>): Promise<string | undefined> => {
    for (const [id, value] of Object.entries(change)) {
      await page.selectOption(`#${id}`, value);
      // A sample is read before it is planned.
      if (id === "sample") await page.locator("#plan-name", { hasText: new RegExp(`^${value}$`) }).waitFor();
      await settle(page);
    }
    return says();
  };
  const users = "kernel.unprivileged_userns_clone";
  t.is(await choose({ sample: "coffer spec", "host-caller": "user" }), undefined);
  t.is(await choose({ "host-userns": users }), `the launch fails on this host: ${users} turns user namespaces off`);
  t.is(await choose({ "host-caller": "root" }), undefined);
  t.truthy(await choose({ "host-userns": "user.max_user_namespaces" }));
  // A container of root's without a user namespace.
  t.is(await choose({ sample: "docker run" }), undefined);
});

test.serial("every sample is planned", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page, errors } = opened;
  const names = (
    await page.locator("#sample option").evaluateAll((all) => all.map((one) => one.getAttribute("value") ?? ""))
  ).filter((name) => name !== "");
  t.true(names.length >= 17);
  for (const name of names) {
    await page.selectOption("#sample", name);
    await page.locator("#plan-name", { hasText: new RegExp(`^${name}$`) }).waitFor();
    await settle(page);
    t.is(await page.locator("#words .failure").count(), 0, name);
  }
  t.deepEqual(errors, []);
});

test.serial("a stored plan is read; one that the verifier refuses names the rule and the op", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  const box = makeBox(t);
  const file = join(box.base, "plan");
  await verbs.storePlan(openRuntime(), box.path, file);
  const bytes = readFileSync(file);
  await drop(page, "stored.plan", bytes);
  t.regex((await page.locator("#plan-size").textContent()) ?? "", /^\d+ ops, \d+ bytes, verified$/);
  const broken = Uint8Array.from(bytes);
  // The code of the first op.
  broken.fill(0xff, 64, 68);
  await drop(page, "broken.plan", broken);
  const text = (await page.locator("#words .failure").textContent()) ?? "";
  t.regex(text, /the verifier refuses the plan/);
  t.regex(text, /Rule unknown-op, op 0/);
  await drop(page, "short.plan", bytes.subarray(0, 40));
  t.regex((await page.locator("#words .failure").textContent()) ?? "", /Rule bad-/);
});

const bad: Readonly<Record<string, readonly [string, RegExp]>> = {
  "no JSON": ["{", /line 1/],
  "JSON that is no config": ["[1,2]", /expected|must|invalid/i],
  "equal keys": ['{"a":1,"a":2}', /duplicate|twice/i],
  "a wrong field": ['{"ociVersion":"1.2.0","process":{"cwd":"x","args":["a"]}}', /\/process\/cwd/],
  "deep nesting": ["[".repeat(100_000), /deep|nest/i],
};

for (const [name, [text, wanted]] of Object.entries(bad))
  test.serial(`${name} is an error that says so`, async (t) => {
    const opened = await site.open(t);
    if (opened === undefined) return;
    const { page, errors } = opened;
    await paste(page, text);
    t.regex((await page.locator("#words .failure").textContent()) ?? "", wanted);
    t.deepEqual(errors, []);
  });

test.serial("a file that is too large is refused, and the page goes on", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  await drop(page, "huge.json", " ".repeat(1 << 16), 260);
  await page.waitForSelector("#words .failure", { timeout: 20_000 });
  t.regex((await page.locator("#words .failure").textContent()) ?? "", /longer than 16777216/);
  await page.selectOption("#sample", "coffer spec");
  await page.waitForSelector("#words .card");
});

test.serial("hostile strings stay text wherever they are", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page, errors, requests } = opened;
  const hostile = fc.oneof(
    fc.constantFrom(
      "<img src=x onerror=alert(1)>",
      "<script>alert(1)</script>",
      "</textarea><svg onload=alert(1)>",
      "javascript:alert(1)",
      "\u202e\u2066x",
      '"><a href="https://example.org">',
    ),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  );
  const clean = hostile.map((text) => text.replaceAll(/[\0\uFEFF]/g, "").toWellFormed() || "x");
  const shape = fc.record({ word: clean, env: clean, host: clean, path: clean, key: clean });
  await fc.assert(
    fc.asyncProperty(shape, async ({ word, env, host, path, key }) => {
      const config = baseConfig({
        "/process/args": [word],
        "/process/env": [`A=${env}`],
        "/hostname": host,
        "/annotations": { [key]: word },
        "/mounts": [{ destination: `/${path.replaceAll("/", "_")}`, type: "tmpfs", source: word, options: [] }],
      });
      await paste(page, JSON.stringify({ ...Object(config), [key]: { [path]: word } }, null, 1));
      const strange = await callIn(page, strangers);
      t.deepEqual(strange, []);
    }),
    { numRuns: 25 },
  );
  t.deepEqual(errors, []);
  t.deepEqual(requests, []);
});

test.serial("a plan with more ops than a plan may have is refused, and says why", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  const mounts = Array.from({ length: 900 }, (_, at) => ({ destination: `/m/${at}`, type: "tmpfs", source: "tmpfs" }));
  await paste(page, JSON.stringify(baseConfig({ "/mounts": mounts })));
  t.regex((await page.locator("#words .failure").textContent()) ?? "", /may have 4096/);
});

test.serial("what is edited is planned, and saved as it is", async (t) => {
  const opened = await site.open(t);
  if (opened === undefined) return;
  const { page } = opened;
  await page.click("#edit");
  const text = (await page.inputValue("#config-text")).replace('"hostname": "example"', '"hostname": "mine"');
  await page.fill("#config-text", text);
  await page.locator("#ops .line", { hasText: "name=mine" }).waitFor();
  t.is(await saved(page, "#save-config"), text);
});
