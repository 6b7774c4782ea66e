// Hooks: when they run, where, with what, and what becomes of the container when one fails.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { until } from "../helpers/command.ts";
import { ownIds } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok, stateOf } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { has } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import { coffer, runBundle, runVerb } from "../helpers/peers/runtimes.ts";

const hostPoints = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] as const;

/** A hook of the host: a line of shell, run with the name of its point. */
const shell = (point: string, script: string, more: Readonly<Record<string, Json>> = {}): Json => ({
  path: "/bin/sh",
  args: ["sh", "-c", script, point],
  ...more,
});

/** Says that it ran, and keeps what it was told. */
const noting = (point: string): Json => shell(point, "echo $0 >> $BASE/log; cat > $BASE/state-$0");

const logged = (box: Box): readonly string[] => {
  const file = join(box.base, "log");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};

const textOf = (box: Box, point: string): string => readFileSync(join(box.base, `state-${point}`), "utf8");

const told = (box: Box, point: string): Record<string, Json> => JSON.parse(textOf(box, point));

const all = (): Patch => ({
  "/hooks": Object.fromEntries(hostPoints.map((point) => [point, [noting(point)]])),
  "/annotations": { "org.example/a": "ä" },
  "/process/args": ["/probe", "sleep", "1000"],
});

async function done(t: ExecutionContext, box: Box): Promise<void> {
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
}

test.serial("hooks run in order, each when it is its turn, and are told the state", async (t) => {
  const box = makeBox(t, all());
  await create(t, box);
  t.deepEqual(logged(box), ["prestart", "createRuntime", "createContainer"]);
  const { pid } = await stateOf(t, box);
  await ok(t, box, "start", [box.tag]);
  t.deepEqual(logged(box).slice(3), ["poststart"]);
  await done(t, box);
  t.deepEqual(logged(box).slice(4), ["poststop"]);
  const state = { ociVersion: "1.2.0", id: box.tag, bundle: box.path, annotations: { "org.example/a": "ä" } };
  t.deepEqual(told(box, "prestart"), { ...state, status: "created", pid });
  t.deepEqual(told(box, "createRuntime"), { ...state, status: "creating", pid });
  t.deepEqual(told(box, "createContainer"), { ...state, status: "creating", pid: 1 });
  t.deepEqual(told(box, "poststart"), { ...state, status: "running", pid });
  t.deepEqual(told(box, "poststop"), { ...state, status: "stopped" });
  // Hooks that are shell scripts read the pid with sed(1).
  t.true(textOf(box, "createRuntime").includes(`"pid":${pid}`));
});

test.serial("run in the foreground runs all of them, in runc's order", async (t) => {
  const patch = { ...all(), "/process/args": ["/probe", "exit", "3"] };
  const box = makeBox(t, patch);
  t.is((await runBundle("coffer", box)).exitCode, 3);
  t.deepEqual(logged(box), [...hostPoints]);
  await nothingLeft(t, box, box.before);
  if (!(await has("runc"))) return;
  const other = makeBox(t, patch);
  await runBundle("runc", other);
  await beside(t, ["runc"], (tt) => void tt.deepEqual(logged(other), logged(box)));
});

test.serial("hooks run in the bundle, in the container's root and in the process's directory", async (t) => {
  const log = (point: string) => [shell(point, `echo "$0 $(pwd -P)" >>$BASE/where`)];
  const points = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];
  const inside = { path: "/probe", args: ["probe", "facts"] };
  const box = makeBox(t, {
    "/process/cwd": "/home",
    "/hooks": { ...Object.fromEntries(points.map((point) => [point, log(point)])), startContainer: [inside] },
  });
  const { exitCode, stderr } = await runBundle("coffer", box, { cwd: "/var" });
  t.is(exitCode, 0);
  t.regex(stderr, /"cwd": ?"\/home"/);
  const where = readFileSync(join(box.base, "where"), "utf8").trimEnd().split("\n");
  t.deepEqual(
    where,
    points.map((point) => `${point} ${point === "createContainer" ? box.rootfs : box.path}`),
  );
  await nothingLeft(t, box, box.before);
});

test.serial(
  "a startContainer hook without an environment gets that of the process, and no other hook does",
  async (t) => {
    const inside = { path: "/probe", args: ["probe", "facts"] };
    const box = makeBox(t, {
      "/process/env": ["A=b"],
      "/hooks": { startContainer: [inside, { ...inside, env: [] }], createContainer: [shell("x", "env > $BASE/env")] },
    });
    const { exitCode, stderr } = await runBundle("coffer", box, { env: { SECRET: "1" } });
    t.is(exitCode, 0, stderr);
    const env = [...stderr.matchAll(/"env": ?(\[.*?\])/g)].map(([, list = ""]) => JSON.parse(list));
    t.deepEqual(env, [["A=b", "HOME=/"], []]);
    t.notRegex(readFileSync(join(box.base, "env"), "utf8"), /^(A|SECRET)=/m);
    await nothingLeft(t, box, box.before);
  },
);

/** The environment of the running process that has this last word; undefined if no process has it. */
function environOf(word: string): readonly string[] | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (words[0] === "probe" && words.at(-2) === word)
        return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").slice(0, -1);
    } catch {
      // It has ended meanwhile.
    }
  return undefined;
}

/** What startContainer hooks get: the environment of the process, of a hook, and what arrives there. */
const environments: readonly (readonly [readonly string[], readonly string[] | undefined, readonly string[]])[] = [
  [["A=b"], undefined, ["A=b", "HOME=/of/root"]],
  [["HOME=/own", "A=b"], undefined, ["HOME=/own", "A=b"]],
  [["A=b"], [], []],
  [["A=b"], ["C=d"], ["C=d"]],
];

for (const runtime of ["coffer", "runc", "crun"] as const)
  for (const [env, own, arrives] of environments)
    test.serial(
      `${runtime}: a startContainer hook with ${own ?? "no"} variables beside ${env} gets ${arrives}`,
      async (t) => {
        const hook = { path: "/probe", args: ["probe", "sleep", "20000", "$TAG"], timeout: 2 };
        const box = makeBox(t, {
          "/process/env": env,
          "/process/user": { uid: 0, gid: 0 },
          "/hooks": { startContainer: [own === undefined ? hook : { ...hook, env: own }] },
        });
        mkdirSync(join(box.path, "rootfs/etc"), { recursive: true });
        writeFileSync(join(box.path, "rootfs/etc/passwd"), "root:x:0:0:root:/of/root:/bin/sh\n");
        let seen: readonly string[] | undefined;
        const running = runBundle(runtime, box, { mode: "v2" });
        await until("the hook runs", () => {
          seen = environOf(box.tag);
          return seen !== undefined;
        });
        await running;
        await (runtime === "coffer"
          ? t.deepEqual(seen, arrives)
          : beside(t, [runtime], (t) => void t.deepEqual(seen, arrives)));
      },
    );

test.serial("a bundle that is gone keeps nobody from deleting its container", async (t) => {
  const hook = shell("x", "pwd >$BASE/where");
  const box = makeBox(t, { "/hooks": { poststop: [hook] }, "/process/args": ["/probe", "sleep", "100"] });
  await create(t, box);
  rmSync(box.path, { recursive: true });
  await ok(t, box, "delete", ["--force", box.tag]);
  t.is(readFileSync(join(box.base, "where"), "utf8"), "/\n");
});

test.serial("a hook of the host gets its own environment, the bundle, and no descriptors", async (t) => {
  const script = "env > $BASE/env; pwd > $BASE/cwd; ls -l /proc/self/fd > $BASE/fds; umask >> $BASE/cwd";
  const hook = shell("x", script, { env: ["A=1", "PATH=/usr/bin:/bin"] });
  const box = makeBox(t, { "/hooks": { createRuntime: [hook] } });
  t.is((await runBundle("coffer", box, { env: { SECRET: "1" } })).exitCode, 0);
  const lines = (name: string) => readFileSync(join(box.base, name), "utf8").trim().split("\n");
  t.deepEqual(
    lines("env").filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)),
    ["A=1", "PATH=/usr/bin:/bin"],
  );
  t.deepEqual(lines("cwd"), [box.path, "0022"]);
  const fds = lines("fds").flatMap((line) => / (\d+) -> (.*)$/.exec(line)?.slice(1, 3).join(" ") ?? []);
  // ls opens the directory itself as 3.
  t.deepEqual(
    fds.map((line) => line.split(" ")[0]),
    ["0", "1", "2", "3"],
  );
  t.regex(fds[0] ?? "", /memfd:/);
  t.regex(fds[3] ?? "", /\/proc\/\d+\/fd$/);
});

test.serial("createContainer runs in the container's namespaces, before the root is the container's", async (t) => {
  const script =
    "readlink /proc/self/ns/mnt /proc/self/ns/uts > $BASE/ns; mount -t tmpfs hook $BASE/bundle/rootfs/mnt && echo made > $BASE/bundle/rootfs/mnt/made";
  const box = makeBox(t, {
    "/hooks": { createContainer: [shell("x", script)] },
    "/process/capabilities/permitted": ["CAP_SYS_ADMIN"],
    "/process/capabilities/bounding": ["CAP_SYS_ADMIN"],
    "/process/capabilities/effective": [],
    "/process/capabilities/ambient": [],
    "/process/args": ["/probe", "read", "/mnt/made"],
  });
  const { stdout, stderr, exitCode } = await runBundle("coffer", box);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /made/);
  t.not(readFileSync(join(box.base, "ns"), "utf8").split("\n")[0], "");
  await nothingLeft(t, box, box.before);
});

test.serial("startContainer runs the container's program, as the container's user, at start", async (t) => {
  const box = makeBox(t, {
    "/hooks": { startContainer: [{ path: "/probe", args: ["probe", "write", "/tmp/ran", "x"] }] },
    "/root/readonly": false,
    "/process/args": ["/probe", "sleep", "1000"],
    "/linux/seccomp": { defaultAction: "SCMP_ACT_ALLOW" },
  });
  await create(t, box);
  t.false(existsSync(join(box.rootfs, "tmp/ran")));
  await ok(t, box, "start", [box.tag]);
  t.true(existsSync(join(box.rootfs, "tmp/ran")));
  await done(t, box);
});

test.serial("a script is a hook too, and one that does not read is no harm", async (t) => {
  const box = makeBox(t, {
    "/hooks": { prestart: [{ path: "$BASE/hook" }], createContainer: [{ path: "$BASE/hook" }] },
    "/annotations": { big: "x".repeat(200_000) },
  });
  writeFileSync(join(box.base, "hook"), `#!/bin/sh\necho ran >> ${box.base}/log\n`, { mode: 0o755 });
  const { exitCode, stderr } = await runBundle("coffer", box);
  t.is(exitCode, 0, stderr);
  t.deepEqual(logged(box), ["ran", "ran"]);
});

for (const point of ["prestart", "createRuntime", "createContainer", "startContainer", "poststart"] as const)
  test.serial(`a failing ${point} hook fails the container, which is destroyed`, async (t) => {
    const inside = point === "startContainer";
    const bad = inside ? { path: "/probe", args: ["probe", "exit", "7"] } : shell("x", "exit 7");
    const patch = {
      "/hooks": { [point]: [bad], poststop: [noting("poststop")] },
      "/process/args": ["/probe", "sleep", "1000"],
    };
    const box = makeBox(t, patch);
    const error = new RegExp(`error running ${point} hook #0: exit status 7`);
    await fails(t, box, "run", ["--bundle", box.path, box.tag], error);
    await nothingLeft(t, box, box.before);
    t.deepEqual(logged(box), ["poststop"]);
    if (point !== "startContainer" && point !== "poststart") return;
    const other = makeBox(t, patch);
    await create(t, other);
    await fails(t, other, "start", [other.tag], new RegExp(`error running ${point} hook.*: exit status 7`));
    await fails(t, other, "state", [other.tag], /does not exist/);
    await nothingLeft(t, other, other.before);
    t.deepEqual(logged(other), ["poststop"]);
  });

test.serial("a failing poststop hook is told of and does not keep the others", async (t) => {
  const missing = { path: "/no/such/hook" };
  const box = makeBox(t, { "/hooks": { poststop: [shell("x", "exit 7"), missing, noting("poststop")] } });
  const { exitCode, stderr } = await runBundle("coffer", box);
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /the hook \/bin\/sh failed, status 7\n.*the hook \/no\/such\/hook failed, errno 2\n/);
  t.deepEqual(logged(box), ["poststop"]);
  await nothingLeft(t, box, box.before);
});

test.serial("a hook that takes too long is killed", async (t) => {
  for (const [point, hook] of [
    ["createRuntime", { path: "/bin/sleep", args: ["sleep", "1000"] }],
    ["startContainer", { path: "/probe", args: ["probe", "spin"] }],
  ] as const) {
    const box = makeBox(t, { "/hooks": { [point]: [{ ...hook, timeout: 1 }] } });
    // A command has a minute, the hook a second.
    await fails(t, box, "run", ["--bundle", box.path, box.tag], /ETIMEDOUT/);
    await nothingLeft(t, box, box.before);
  }
});

test.serial("what a hook has started ends with it when it takes too long", async (t) => {
  const script = "sleep 1000 & sleep 1000 & wait";
  for (const point of ["prestart", "createRuntime", "createContainer"]) {
    const box = makeBox(t, {
      "/hooks": { [point]: [{ path: "/bin/sh", args: ["sh", "-c", script], env: ["TAG=$TAG"], timeout: 1 }] },
    });
    await fails(t, box, "run", ["--bundle", box.path, box.tag], /ETIMEDOUT/);
    await nothingLeft(t, box, box.before);
  }
});

test.serial("a hook that is missing is told before there is a container", async (t) => {
  const box = makeBox(t, { "/hooks": { createRuntime: [{ path: "/no/such/hook" }] } });
  await fails(t, box, "create", ["--bundle", box.path, box.tag], /\/hooks\/createRuntime\/0.*ENOENT/);
  await nothingLeft(t, box, box.before);
});

test.serial("an init that somebody kills is told with the signal", async (t) => {
  const script = `kill -KILL $(grep -o '"pid":[0-9]*' | cut -d : -f 2)`;
  const box = makeBox(t, { "/hooks": { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script] }] } });
  const told = /init ended before its program ran at .*: init was ended by signal 9, perhaps for want of memory$/m;
  await fails(t, box, "run", ["--bundle", box.path, box.tag], told);
  await nothingLeft(t, box, box.before);
});

test.serial("hooks work in a user namespace, and across a killed delete", async (t) => {
  const map = ownIds(65_536);
  const box = makeBox(t, {
    ...all(),
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": map,
    "/linux/gidMappings": map,
    "/hooks": { createRuntime: [noting("createRuntime")], createContainer: [shell("x", "cat > /dev/null; id -u")] },
  });
  await create(t, box);
  t.deepEqual(logged(box), ["createRuntime"]);
  await done(t, box);
  t.is((await coffer(box, "state", [box.tag])).exitCode, 1);
});

test.serial("runc tells hooks the same", async (t) => {
  if (!(await has("runc"))) {
    t.pass();
    return;
  }
  const box = makeBox(t, all());
  const other = makeBox(t, all());
  await create(t, box);
  await runVerb("runc", other, "create", ["--bundle", other.path, other.tag]);
  await beside(t, ["runc"], (tt) => {
    for (const point of ["createRuntime", "createContainer"]) {
      const differs = { id: "", bundle: "", pid: 0 };
      tt.deepEqual({ ...told(other, point), ...differs }, { ...told(box, point), ...differs }, point);
    }
  });
  await runVerb("runc", other, "delete", ["--force", other.tag]);
  await done(t, box);
});
