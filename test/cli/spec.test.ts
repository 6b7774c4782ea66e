// `coffer spec`: what it writes runs as it is, shares nothing with the host, and says what is given up.
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "@coffer/spec";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Weakening } from "../../packages/core/src/defaults/weakenings.ts";
import { weakenings } from "../../packages/core/src/defaults/weakenings.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

type Who = "root" | "user";

/** A bundle whose config is the one that `spec` writes, with the probe as its program and without a terminal. */
function makeSpec(t: ExecutionContext, who: Who) {
  const made = makeBox(t);
  const file = join(made.path, "config.json");
  rmSync(file);
  const given = who === "user" ? giveToUser(made) : {};
  const env = { ...given, COFFER_TEST_TAG: made.tag };
  const box: Box = { ...made, before: snapshot(made) };
  const call = (...words: readonly string[]): Promise<Outcome> =>
    command([...(who === "user" ? asUser : []), ...cofferArgv(), ...words], { cwd: box.path, env });
  const write = async (...flags: readonly string[]) => {
    rmSync(file, { force: true });
    const { exitCode, stderr } = await call("spec", ...flags);
    t.is(exitCode, 0, stderr);
    return parseConfig(readFileSync(file, "utf8"));
  };
  const edit = (args: readonly string[]): void => {
    const config = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...config, process: { ...config.process, terminal: false, args } }));
  };
  return { box, call, write, edit };
}

const runs = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, call, write, edit } = makeSpec(t, who);
    const config = await write();
    const hostID = config.linux?.uidMappings?.[0]?.hostID ?? -1;
    if (who === "root") t.true(hostID >= 600_100_000 && hostID < 1_879_048_191);
    else t.is(hostID, userIds().uid);
    edit(["/probe", "facts"]);
    const { stdout, stderr, exitCode } = await call("run", "--root", box.state, box.tag);
    t.is(exitCode, 0, stderr);
    const facts = JSON.parse(stdout);
    t.like(facts, { uid: [0, 0, 0], noNewPrivs: 1, seccomp: 2 });
    t.deepEqual(new Set(Object.values(facts.caps)), new Set(["0000000000000000"]));
    t.is((await call("audit")).exitCode, 0);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, who: Who) => `as ${who}: what spec writes runs, and has no finding above a note`,
});

test.serial(runs, "root");
test.serial(runs, "user");

test.serial("each bundle has its own ids, the same each time", async (t) => {
  if (!(await needs(t, "root"))) return;
  const [one, other] = [makeSpec(t, "root"), makeSpec(t, "root")];
  const idOf = async ({ write }: typeof one) => (await write()).linux?.uidMappings?.[0]?.hostID;
  t.is(await idOf(one), await idOf(one));
  t.not(await idOf(one), await idOf(other));
});

test.serial("--pid-only-proc hides everything but processes", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, call, write, edit } = makeSpec(t, "root");
  await write("--pid-only-proc");
  edit(["/probe", "facts", "+dir", "/proc"]);
  const { stdout, stderr } = await call("run", "--root", box.state, box.tag);
  t.regex(stdout, /thread-self/, stderr);
  t.notRegex(stdout, /meminfo|cpuinfo/);
  await nothingLeft(t, box, box.before, "rootfs");
});

const weakens = test.macro({
  exec: async (t, who: Who, name: Weakening) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, call, write, edit } = makeSpec(t, who);
    await write(`--unsafe-${name}`);
    edit(["/probe", "exit", "7"]);
    const { exitCode, stderr } = await call("run", "--root", box.state, box.tag);
    t.is(exitCode, 7, stderr);
    t.true(((await call("audit", "--fail-on", "low")).exitCode ?? 0) >= 11);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, who, name) => `as ${who}: --unsafe-${name} runs, and is a finding`,
});

const isWeakening = (name: string): name is Weakening => name in weakenings;
for (const name of Object.keys(weakenings).filter(isWeakening)) {
  test.serial(weakens, "root", name);
  if (name !== "host-root") test.serial(weakens, "user", name);
}

test.serial("an ordinary user cannot be root of the host", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const { box, call } = makeSpec(t, "user");
  chmodSync(box.path, 0o755);
  for (const words of [["spec"], ["sandbox", "--", "true"]]) {
    const [verb = "", ...rest] = words;
    const { stderr, exitCode } = await call(verb, "--unsafe-host-root", ...rest);
    t.is(exitCode, verb === "sandbox" ? 125 : 1);
    t.is(stderr, "coffer: only root can be root of the host\n");
  }
});

const sandboxes = test.macro({
  exec: async (t, who: Who, name: Weakening, script: string, expected: RegExp) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, call } = makeSpec(t, who);
    const { stdout, stderr } = await call("sandbox", `--unsafe-${name}`, "--", "sh", "-c", script);
    t.regex(stdout, expected, stderr);
    t.notRegex((await call("sandbox", "--", "sh", "-c", script)).stdout, expected);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, who, name) => `as ${who}: sandbox --unsafe-${name} gives that up, and nothing else does`,
});

const ns = (type: string) => `readlink /proc/self/ns/${type}`;
const same = (inode: number) => new RegExp(`\\[${inode}\\]`);
/** PROC_USER_INIT_INO and its like of the kernel. */
test.serial(sandboxes, "root", "host-root", ns("user"), same(4026531837));
for (const who of ["root", "user"] as const) {
  test.serial(sandboxes, who, "host-pid", ns("pid"), same(4026531836));
  test.serial(sandboxes, who, "host-ipc", ns("ipc"), same(4026531839));
  test.serial(sandboxes, who, "no-seccomp", "grep ^Seccomp: /proc/self/status", /Seccomp:\t0/);
  test.serial(sandboxes, who, "new-privileges", "grep ^NoNewPrivs: /proc/self/status", /NoNewPrivs:\t0/);
  test.serial(sandboxes, who, "capabilities", "grep ^CapBnd: /proc/self/status", /CapBnd:\t00000000a80425fb/);
}

test("the flags are those of the table", async (t) => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
  const help = (await command([...cofferArgv(), "sandbox", "--help"])).stdout.replaceAll(/\s+/g, " ");
  for (const [name, doc] of Object.entries(weakenings)) {
    t.true(text.includes(`| \`--unsafe-${name}\` |`), name);
    t.true(help.includes(`--unsafe-${name} ${doc}`), name);
  }
});
