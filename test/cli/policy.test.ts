// `--policy`: plans that do more than the file allows are refused by every verb, before there is any effect.
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { run } from "../../packages/core/src/index.ts";
import { planSignal } from "../../packages/core/src/plan/index.ts";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser } from "../helpers/user.ts";

function writePolicy(box: Box, policy: object): string {
  const file = join(box.base, "policy.json");
  writeFileSync(file, JSON.stringify({ version: 1, ...policy }));
  return file;
}

const required = { userNamespace: "required" };
const refusal = /refused by the policy: rule \/userNamespace: \/linux\/namespaces: there is no user namespace\n$/;

test.serial("run, create and exec refuse, name rule and field, and leave nothing", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60"] });
  const policy = writePolicy(box, required);
  await fails(t, box, "run", ["--policy", policy, "--bundle", box.path, box.tag], refusal);
  await fails(t, box, "create", ["--policy", policy, "--bundle", box.path, box.tag], refusal);
  await create(t, box);
  await ok(t, box, "start", [box.tag]);
  const none = writePolicy(box, { capabilities: { allowed: [] } });
  const words = ["--policy", none, box.tag, "/probe"];
  await fails(t, box, "exec", words, /refused by the policy: rule \/capabilities\/allowed: /);
  await ok(t, box, "exec", ["--policy", writePolicy(box, { noNewPrivileges: "required" }), box.tag, "/probe"]);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a stored plan is refused as well, by its op", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, {
    "/process/args": ["/probe", "echo", "ran"],
    "/hooks": { prestart: [{ path: "/bin/true" }] },
  });
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  const policy = writePolicy(box, { hooks: { allowed: [] } });
  const words = ["--plan", file, "--input", `rootfs=${box.rootfs}`];
  await fails(t, box, "run", ["--policy", policy, ...words], /rule \/hooks\/allowed: op \d+: the program \/bin\/true/);
  const roots = writePolicy(box, { root: { sources: [`${box.base}/other`] } });
  await fails(t, box, "run", ["--policy", roots, ...words], /rule \/root\/sources: .* may not be the root/);
  const fine = writePolicy(box, { root: { sources: [`${box.path}/**`] }, hooks: { allowed: ["/bin/*"] } });
  t.is((await ok(t, box, "run", ["--policy", fine, ...words])).stdout, "ran\n");
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a hook of a later verb is refused when the container is made", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/hooks": { poststop: [{ path: "/bin/true" }] } });
  const policy = writePolicy(box, { hooks: { allowed: [] } });
  await fails(t, box, "create", ["--policy", policy, "--bundle", box.path, box.tag], /\/hooks\/poststop\/0/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a source that is allowed by its path is what the path says", async (t) => {
  if (!(await needs(t, "root"))) return;
  const mounts = [{ destination: "/mnt", type: "bind", source: "$BASE/allowed", options: ["rbind", "rro"] }];
  const box = makeBox(t, { "/mounts/6": mounts[0], "/process/args": ["/probe", "echo", "ran"] });
  symlinkSync(box.canary, join(box.base, "allowed"));
  const words = ["--bundle", box.path, box.tag];
  const policy = writePolicy(box, { mounts: { binds: [{ source: `${box.base}/allowed` }] } });
  await fails(t, box, "run", ["--policy", policy, ...words], /\/mounts\/6: .*ELOOP/);
  const links = writePolicy(box, { mounts: { binds: [{ source: `${box.base}/allowed` }], links: true } });
  t.is((await ok(t, box, "run", ["--policy", links, ...words])).stdout, "ran\n");
  await nothingLeft(t, box, box.before);
});

test.serial(
  "a root that is allowed by its path is what the path says, in a bundle and for a stored plan",
  async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/root/path": "../allowed/rootfs", "/process/args": ["/probe", "echo", "ran"] });
    symlinkSync(box.path, join(box.base, "allowed"));
    const link = join(box.base, "allowed/rootfs");
    const sources = (directory: string) => writePolicy(box, { root: { sources: [directory] } });
    const words = (directory: string) => ["--policy", sources(directory), "--bundle", box.path, box.tag];
    await fails(t, box, "run", words(link), /\/root\/path: .*ELOOP/);
    const file = join(box.base, "plan");
    await ok(t, box, "plan", [box.path, "--raw", file]);
    const plan = (directory: string) => ["--policy", sources(directory), "--plan", file, "--input", `rootfs=${link}`];
    await fails(t, box, "run", plan(link), /rule \/root\/sources: .*\/bundle\/rootfs may not be the root/);
    t.is((await ok(t, box, "run", plan(box.rootfs))).stdout, "ran\n");
    await nothingLeft(t, box, box.before, "rootfs");
  },
);

test.serial("a stored plan of kind host is refused, and an audit tells why", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const file = join(box.base, "plan");
  writeFileSync(file, encodePlan(planSignal({ target: { pid: 1, startTime: 1n, inode: 2n }, signal: 9 })));
  const policy = writePolicy(box, { capabilities: { allowed: [] } });
  await fails(t, box, "run", ["--policy", policy, "--plan", file], /rule \/plan: .*kind host/);
  const told = await coffer(box, "audit", ["--plan", file]);
  t.is(told.exitCode, 13);
  t.regex(told.stdout, /^high .*a stored plan of kind host acts on the host as it likes$/m);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("sandbox keeps a policy, unless something is given up", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const policy = writePolicy(box, { ...required, namespaces: { own: ["network"] }, findings: { worst: "note" } });
  const sandbox = (...words: readonly string[]) =>
    command([...cofferArgv(), "sandbox", "--policy", policy, ...words, "--", "true"], { cwd: box.path });
  t.is((await sandbox()).exitCode, 0);
  const { stderr, exitCode } = await sandbox("--unsafe-host-network");
  t.is(exitCode, 125);
  t.regex(stderr, /rule \/namespaces\/own: .*network namespace is the host's/);
  await nothingLeft(t, box, box.before, "rootfs");
});

const egress = test.macro({
  exec: async (t, words: readonly string[], refusal: RegExp | undefined) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const policy = writePolicy(box, { egress: { allowed: ["*.example.org:443", "10.0.0.0/8"], hostPorts: [5432] } });
    const argv = [...cofferArgv(), "sandbox", "--tools", "none", "--policy", policy, ...words, "--", "true"];
    const { stderr, exitCode } = await command(argv, { cwd: box.path });
    t.is(exitCode, refusal === undefined ? 0 : 125, stderr);
    t.regex(stderr, refusal ?? /^$/);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, words: readonly string[], refusal) =>
    `a policy ${refusal === undefined ? "allows" : "refuses"} a sandbox ${words.join(" ")}`,
});

test.serial(egress, [], undefined);
test.serial(egress, ["--allow", "a.example.org:443", "--allow", "10.1.0.0/16", "--host-port", "5432"], undefined);
test.serial(
  egress,
  ["--allow", "example.org:443"],
  /rule \/egress\/allowed: the plan: example\.org:443 may not be reached/,
);
test.serial(egress, ["--allow", "a.example.org"], /rule \/egress\/allowed: .*a\.example\.org may not/);
test.serial(egress, ["--allow", "*"], /rule \/egress\/allowed: .*\* may not/);
test.serial(egress, ["--name", "cft-policy-egress", "--allow", "*"], /rule \/egress\/allowed/);
test.serial(egress, ["--host-port", "5433"], /rule \/egress\/hostPorts: .*port 5433/);
test.serial(egress, ["--publish", "127.0.0.1:48123:80"], /rule \/egress\/publish/);
test.serial("a policy without a rule about hosts lets a sandbox reach none", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const argv = [...cofferArgv(), "sandbox", "--tools", "none", "--policy", writePolicy(box, required), "--allow", "*"];
  t.regex((await command([...argv, "--", "true"], { cwd: box.path })).stderr, /rule \/egress: .*no such rule/);
});
test.serial(egress, ["--unsafe-host-network"], /rule \/egress: .*host's network/);

test.serial("a policy bounds what the flags of a sandbox show", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const binds = ["/usr/**", "/opt/**", "/etc/**", "/sys/**", "/lib*/**", "/proc/**", `${box.path}/**`, "/dev/*"];
  const policy = writePolicy(box, { mounts: { binds: binds.map((source) => ({ source })) } });
  const sandbox = (...words: readonly string[]) =>
    command([...cofferArgv(), "sandbox", "--tools", "none", "--policy", policy, ...words, "--", "true"], {
      cwd: box.path,
    });
  t.like(await sandbox("--rw", "--deny", "config.json"), { exitCode: 0, stderr: "" });
  const { stderr, exitCode } = await sandbox("--read", box.base);
  t.is(exitCode, 125);
  t.regex(stderr, /rule \/mounts\/binds: .* may not be bound/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("the example of docs/use/policy.md allows what spec writes, and audit tells what it refuses", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const text = /```json\n(.*?)```/s.exec(readFileSync(join(repository, "docs/use/policy.md"), "utf8"))?.[1] ?? t.fail();
  const file = join(box.base, "example.json");
  writeFileSync(file, text);
  const refused = await coffer(box, "audit", ["--policy", file, box.path]);
  t.is(refused.exitCode, 20);
  t.regex(refused.stdout, /^refused {3}rule \/userNamespace: \/linux\/namespaces: /m);
  const json = await coffer(box, "audit", ["--json", "--policy", file, box.path]);
  t.like(JSON.parse(json.stdout).violations[0], { rule: "/userNamespace", pointer: "/linux/namespaces" });
  await ok(t, box, "spec", ["-b", box.base]);
  const config = JSON.parse(readFileSync(join(box.base, "config.json"), "utf8"));
  const process = { ...config.process, terminal: false, args: ["/probe", "echo", "ran"] };
  writeFileSync(join(box.path, "config.json"), JSON.stringify({ ...config, process }));
  await ok(t, box, "audit", ["--policy", file, box.path]);
  t.is((await ok(t, box, "run", ["--policy", file, "--bundle", box.path, box.tag])).stdout, "ran\n");
  await nothingLeft(t, box, box.before);
});

test.serial("without its hostIds the example allows what spec writes for an ordinary user", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const box = makeBox(t);
  const text = /```json\n(.*?)```/s.exec(readFileSync(join(repository, "docs/use/policy.md"), "utf8"))?.[1] ?? t.fail();
  const { hostIds, ...rest } = JSON.parse(text);
  const file = join(box.base, "example.json");
  const env = giveToUser(box);
  const audit = () => command([...asUser, ...cofferArgv(), "audit", "--policy", file, box.path], { env });
  rmSync(join(box.path, "config.json"));
  t.like(await command([...asUser, ...cofferArgv(), "spec", "--bundle", box.path], { env }), {
    exitCode: 0,
    stderr: "",
  });
  writeFileSync(file, JSON.stringify(rest));
  t.is((await audit()).exitCode, 0);
  writeFileSync(file, JSON.stringify({ ...rest, hostIds }));
  t.is((await audit()).exitCode, 20);
  await nothingLeft(t, box, box.before);
});

test.serial("what is no policy is an error that says where", async (t) => {
  const box = makeBox(t);
  const words = (file: string) => ["--policy", file, "--bundle", box.path, box.tag];
  await fails(t, box, "run", words(join(box.base, "none")), /cannot read the policy .*no such file or directory/);
  await fails(t, box, "run", words(writePolicy(box, { hook: {} })), /invalid policy .*hook/);
  const misspelled = writePolicy(box, { seccomp: { denied: ["bfp"] } });
  await fails(t, box, "run", words(misspelled), /\/seccomp\/denied\/0: is the name of no system call/);
  writeFileSync(misspelled, "{");
  await fails(t, box, "run", words(misspelled), /invalid policy/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("the API takes a policy", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = { rootfs: box.rootfs, args: ["/probe", "echo", "ran"], unsafe: ["host-root"] as const };
  const error = await t.throwsAsync(async () => run({ ...options, policy: { version: 1, ...required } }), {
    code: "E_POLICY",
  });
  t.like(error, { details: { violations: [{ rule: "/userNamespace" }] } });
  const { stdout } = await run({ ...options, policy: { version: 1, capabilities: { allowed: [] } } });
  t.is(stdout, "ran\n");
  await nothingLeft(t, box, box.before);
});
