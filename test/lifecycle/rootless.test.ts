// Everything as an ordinary user: with a single id, and with subordinate ids.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "@coffer/spec";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { rootlessPatch } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { RunOptions } from "../helpers/peers/runtimes.ts";
import { coffer, cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, testUser, userIds } from "../helpers/user.ts";

function subordinate(file: string): number {
  return Number(new RegExp(`^${testUser}:(\\d+):`, "m").exec(readFileSync(file, "utf8"))?.[1]);
}

function rangePatch(): Patch {
  const { uid, gid } = userIds();
  const range = (own: number, file: string) => [
    { containerID: 0, hostID: own, size: 1 },
    { containerID: 1, hostID: subordinate(file), size: 65536 },
  ];
  return {
    ...rootlessPatch(uid, gid),
    "/linux/uidMappings": range(uid, "/etc/subuid"),
    "/linux/gidMappings": range(gid, "/etc/subgid"),
  };
}

/** Only subordinate ids: the container's root is not the user. */
function subordinatePatch(): Patch {
  const range = (file: string) => [{ containerID: 0, hostID: subordinate(file), size: 65536 }];
  return { ...rangePatch(), "/linux/uidMappings": range("/etc/subuid"), "/linux/gidMappings": range("/etc/subgid") };
}

function singlePatch(): Patch {
  const { uid, gid } = userIds();
  return rootlessPatch(uid, gid);
}

async function userBox(
  t: ExecutionContext,
  patch: Patch,
): Promise<{ readonly box: Box; readonly options: RunOptions }> {
  const made = makeBox(t, patch);
  const env = giveToUser(made);
  return { box: { ...made, before: snapshot(made) }, options: { env, prefix: asUser } };
}

const run = (box: Box, options: RunOptions) => coffer(box, "run", ["--bundle", box.path, box.tag], options);

test.serial("a user runs a container with a single id", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, options } = await userBox(t, singlePatch());
  const outcome = await run(box, options);
  t.is(outcome.exitCode, 0, outcome.stderr);
  const facts = parseFacts(outcome.stdout);
  t.deepEqual(facts.uid, [0, 0, 0]);
  t.is(facts.setgroups, "deny\n");
  t.is(facts.uidMap.trim().split(/\s+/).join(" "), `0 ${userIds().uid} 1`);
  await nothingLeft(t, box, box.before);
});

test.serial("a user runs a container with a range of ids", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "newuidmap"))) return;
  const { box, options } = await userBox(t, {
    ...rangePatch(),
    "/process/user": { uid: 5, gid: 6, additionalGids: [7] },
  });
  const outcome = await run(box, options);
  t.is(outcome.exitCode, 0, outcome.stderr);
  const facts = parseFacts(outcome.stdout);
  t.deepEqual([facts.uid[0], facts.gid[0], facts.groups], [5, 6, [7]]);
  t.is(facts.uidMap.trim().split("\n").length, 2);
  await nothingLeft(t, box, box.before);
});

// Init's /proc/PID belongs to root as soon as init is hidden: the launcher has to be done with it by then.
for (const [title, ids] of [
  ["a single id", singlePatch],
  ["a range of ids", rangePatch],
  ["a range without the user's own id", subordinatePatch],
] as const)
  test.serial(`a user's container and what it executes have an OOM score, with ${title}`, async (t) => {
    if (!(await needs(t, "root", "user", "userns", "newuidmap"))) return;
    const { box, options } = await userBox(t, {
      ...ids(),
      "/process/args": ["/probe", "sleep", "1000"],
      "/process/oomScoreAdj": 500,
      "/process/ioPriority": { class: "IOPRIO_CLASS_BE", priority: 6 },
      "/process/scheduler": { policy: "SCHED_BATCH", nice: 5 },
    });
    const verb = async (name: string, ...args: readonly string[]): Promise<string> => {
      const outcome = await coffer(box, name, args, options);
      t.is(outcome.exitCode, 0, `${name}: ${outcome.stderr}`);
      return outcome.stdout;
    };
    await verb("run", "--detach", "--bundle", box.path, box.tag);
    for (let n = 0; n < 3; n += 1) t.is(parseFacts(await verb("exec", box.tag, "/probe", "facts")).oomScoreAdj, 500);
    await verb("delete", "--force", box.tag);
    await nothingLeft(t, box, box.before);
  });

test.serial("a user's whole lifecycle", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "newuidmap"))) return;
  const { box, options } = await userBox(t, { ...rangePatch(), "/process/args": ["/probe", "sleep", "1000"] });
  const verb = async (name: string, ...args: readonly string[]): Promise<string> => {
    const outcome = await coffer(box, name, args, options);
    t.is(outcome.exitCode, 0, `${name}: ${outcome.stderr}`);
    return outcome.stdout;
  };
  await verb("create", "--bundle", box.path, box.tag);
  t.regex(await verb("state", box.tag), /"created"/);
  await verb("start", box.tag);
  t.is(await verb("exec", box.tag, "/probe", "echo", "from exec"), "from exec\n");
  await verb("kill", box.tag, "KILL");
  await verb("delete", "--force", box.tag);
  await nothingLeft(t, box, box.before);
});

type RefusedRow = readonly [title: string, patch: Patch, error: RegExp];

const refusedRows: readonly RefusedRow[] = [
  ["a memory limit", { "/linux/resources": { memory: { limit: 1048576 } } }, /\/linux\/resources\/memory/],
  [
    "ids that are not the user's",
    { "/linux/uidMappings": [{ containerID: 0, hostID: 0, size: 1 }] },
    /\/linux\/uidMappings/,
  ],
  [
    "ids beyond the subordinate range",
    { "/linux/uidMappings": [{ containerID: 0, hostID: 5000000, size: 10 }] },
    /\/linux\/uidMappings/,
  ],
  [
    "no user namespace",
    { "/linux/namespaces": [{ type: "mount" }, { type: "pid" }] },
    /user namespace|\/linux\/namespaces|EPERM/,
  ],
  ["a user that is not mapped", { "/process/user": { uid: 1, gid: 1 } }, /\/process\/user/],
];

const isRefused = test.macro({
  exec: async (t, [_title, patch, error]: RefusedRow) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, options } = await userBox(t, { ...singlePatch(), ...patch });
    const outcome = await run(box, options);
    t.is(outcome.exitCode, 125, outcome.stderr);
    t.regex(outcome.stderr, /^coffer: [^\n]+\n$/);
    t.regex(outcome.stderr, error);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, [title]: RefusedRow) => `a user is refused ${title}`,
});

for (const row of refusedRows) test.serial(isRefused, row);

test.serial("a user's state is in the runtime directory", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { options } = await userBox(t, singlePatch());
  const outcome = await command([...asUser, ...cofferArgv(), "list", "-q"], { env: { ...options.env } });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.is(outcome.stdout, "");
});

/** Without a pid namespace of its own, and so without a procfs of its own. */
function sharePids(box: Box): void {
  const file = join(box.path, "config.json");
  const config: Config = JSON.parse(readFileSync(file, "utf8"));
  const mounts = config.mounts?.filter(({ type }) => type !== "proc");
  const namespaces = config.linux?.namespaces?.filter(({ type }) => type !== "pid");
  const linux = { ...config.linux, namespaces, maskedPaths: [], readonlyPaths: [] };
  writeFileSync(file, JSON.stringify({ ...config, mounts, linux }));
}

test.serial(
  "ps of a container without a cgroup lists its pid namespace, and without one says that it cannot know",
  async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, options } = await userBox(t, singlePatch());
    const call = (verb: "create" | "ps" | "delete", ...words: readonly string[]) =>
      coffer(box, verb, [...words, box.tag], options);
    const pidFile = join(box.state, "..", "pid");
    t.is((await call("create", "--bundle", box.path, "--pid-file", pidFile)).exitCode, 0);
    const listed = await call("ps", "--format", "json");
    t.is(listed.stdout, `[${readFileSync(pidFile, "utf8")}]\n`, listed.stderr);
    t.is((await call("delete", "--force")).exitCode, 0);
    sharePids(box);
    t.is((await call("create", "--bundle", box.path)).exitCode, 0);
    for (const words of [[], ["--format", "json"]]) {
      const outcome = await call("ps", ...words);
      t.is(
        outcome.stderr,
        "coffer: cannot list the processes of a container that has no cgroup: have cgroups delegated (systemd-run --user --scope -p Delegate=yes), and create it there\n",
      );
      t.is(outcome.stdout, "");
      t.is(outcome.exitCode, 1);
    }
    t.is((await call("delete", "--force")).exitCode, 0);
    await nothingLeft(t, box, box.before);
  },
);
