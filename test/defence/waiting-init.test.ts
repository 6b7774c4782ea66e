// A created container's init, as the host and the container can see it (R6, R7, R9).
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { firstId, ownIds } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { create, makeBox, ok, stateOf } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { coffer, runBundle } from "../helpers/peers/runtimes.ts";

async function waiting(t: ExecutionContext, patch: Patch = {}): Promise<{ readonly box: Box; readonly pid: number }> {
  const box = makeBox(t, patch);
  await create(t, box);
  return { box, pid: (await stateOf(t, box)).pid };
}

async function done(t: ExecutionContext, box: Box): Promise<void> {
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
}

const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

const linksOf = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

test.serial("its program is a memfd and nothing of the host's disk is mapped", async (t) => {
  const { box, pid } = await waiting(t);
  t.regex(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:/);
  const files = readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .flatMap((row) => {
      const name = row.split(/\s+/)[5];
      return name === undefined || name === "" || /^\[|^\/memfd:/.test(name) ? [] : [name];
    });
  t.deepEqual(files, []);
  await done(t, box);
});

test.serial("it has no environment and no arguments that tell anything", async (t) => {
  const { box, pid } = await waiting(t);
  t.is(readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", ""), "");
  t.true(readFileSync(`/proc/${pid}/cmdline`, "utf8").length <= 16);
  await done(t, box);
});

test.serial("it has no inheritable or ambient capabilities", async (t) => {
  const { box, pid } = await waiting(t);
  t.is(statusOf(pid, "CapInh"), "0000000000000000");
  t.is(statusOf(pid, "CapAmb"), "0000000000000000");
  t.is(statusOf(pid, "CapBnd"), "0000000020000420");
  t.is(statusOf(pid, "NoNewPrivs"), "1");
  t.is(statusOf(pid, "SigIgn"), "0000000000000000");
  await done(t, box);
});

test.serial("it is not dumpable", async (t) => {
  const { box, pid } = await waiting(t, {
    "/process/user": { uid: 5, gid: 5 },
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": ownIds(1000),
    "/linux/gidMappings": ownIds(1000),
  });
  t.is(statusOf(pid, "Uid").split("\t")[0], `${firstId + 5}`);
  // The kernel gives the files of a process that is not dumpable to root of the user namespace that its memory belongs to.
  t.is(lstatSync(`/proc/${pid}/environ`).uid, 0);
  await done(t, box);
});

test.serial("it holds stdio, sockets and sealed memory, and no directory", async (t) => {
  const { box, pid } = await waiting(t);
  const odd = linksOf(pid).filter((link) => !/^(socket:|pipe:|\/memfd:|\/dev\/null|anon_inode:)/.test(link));
  t.deepEqual(odd, []);
  await done(t, box);
});

test.serial("descriptors of the caller do not arrive", async (t) => {
  const box = makeBox(t);
  const prefix = [tools(), "fds", "200", box.canary, "--"];
  const outcome = await runBundle("coffer", box, { prefix });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.deepEqual(
    parseFacts(outcome.stdout).fds.map((row) => row.fd),
    [0, 1, 2],
  );
  t.is((await coffer(box, "create", ["--bundle", box.path, box.tag], { prefix })).exitCode, 0);
  const { pid } = await stateOf(t, box);
  t.deepEqual(
    linksOf(pid).filter((link) => link.includes("canary")),
    [],
  );
  await done(t, box);
});

test.serial("ignored and blocked signals of the caller do not arrive", async (t) => {
  const box = makeBox(t);
  const outcome = await runBundle("coffer", box, { prefix: [tools(), "ignore", "--"] });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.like(parseFacts(outcome.stdout).signals, { blocked: "0000000000000000", ignored: "0000000000000000" });
});

test.serial("the state directory is the caller's alone", async (t) => {
  const { box } = await waiting(t);
  t.is(lstatSync(box.state).mode & 0o777, 0o700);
  t.is(lstatSync(`${box.state}/${box.tag}`).mode & 0o777, 0o700);
  await done(t, box);
});

test.serial("the environment of the caller does not arrive", async (t) => {
  const box = makeBox(t);
  const outcome = await runBundle("coffer", box, { env: { SECRET: "of the host" } });
  t.false(outcome.stdout.includes("of the host"));
});
