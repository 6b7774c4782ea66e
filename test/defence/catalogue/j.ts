// J. Attacks from inside while verbs run: a program that holds what people really give goes at every process that appears.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildProgram } from "../../helpers/build.ts";
import type { Outcome } from "../../helpers/command.ts";
import { start } from "../../helpers/command.ts";
import { firstId } from "../../helpers/config.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import { patched, toJson } from "../../helpers/json.ts";
import { refusal } from "../matrix/seen.ts";
import { placed } from "../matrix/stage.ts";
import type { Attempt, Group, Row, Seen, Stage } from "../matrix/types.ts";
import { bindAt, tried, userns, withCaps } from "./words.ts";

const execs = 20;
const members = 8;

/** The attacker's program, and a directory that is root's alone. */
const before = `chmod 700 canary; cp ${buildProgram("test/adversary/program")} bundle/rootfs/adversary`;
const attacks: Patch = { "/process/args": ["/adversary", "look", "$BASE/canary"] };

/** The right to trace, in the container's own user namespace. */
const tracer: Patch = { ...userns, ...withCaps("CAP_SYS_PTRACE", "CAP_KILL"), ...attacks };

/** What docker gives with --cap-add SYS_PTRACE, without a user namespace: init's memory belongs to the same one. */
const debuggerCaps = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SETPCAP", "SYS_PTRACE"];
const debugs: Patch = { ...withCaps(...debuggerCaps.map((cap) => `CAP_${cap}`)), ...attacks };

const kinds = (...names: readonly string[]): readonly Json[] => names.map((type) => ({ type }));

/** Root of the host with nothing: no capability, no_new_privs, and no user namespace. */
const peeker = (...namespaces: readonly string[]): Patch => ({
  ...withCaps(),
  ...attacks,
  "/process/capabilities/ambient": [],
  "/linux/namespaces": kinds(...namespaces),
});

/** What the attacker saw, and in which ways it got at a process of the runtime. */
function readCounts({ stdout, stderr }: Outcome) {
  const [, seen = "0", hits = ""] = /^seen (\d+) refused \d+ (.*)$/m.exec(stdout) ?? [];
  const made = [...hits.matchAll(/(\w+) ([1-9]\d*)/g)].map(([, kind]) => kind);
  return { made, seen: Number(seen), told: `${stdout}${stderr}`.slice(-100).trim() };
}

/** Runs the attacker while something is done beside it. */
async function beside(stage: Stage, prefix: readonly string[], act: () => Promise<Outcome | undefined>): Promise<Seen> {
  const { path, tag } = stage.bundle;
  const attacker = stage.start("run", ["--bundle", path, tag], { prefix, timeoutMs: 60_000 });
  const ended = await Promise.race([
    attacker.done,
    attacker.saw("ready").then(
      () => undefined,
      () => undefined,
    ),
  ]);
  if (ended !== undefined) return refusal(ended);
  const failed = await act();
  await stage.verb("kill", [tag, "TERM"], { prefix });
  const { made, seen, told } = readCounts(await attacker.done);
  if (made.length > 0) return { failed: `a process of the runtime: ${made.join(", ")}` };
  if (failed !== undefined) return refusal(failed);
  return seen < members / 2 ? { failed: `only ${seen} processes came by: ${told}` } : "ran";
}

/** Runs a verb so many times: the first outcome that is no success. */
async function repeat(count: number, act: (n: number) => Promise<Outcome>): Promise<Outcome | undefined> {
  for (let n = 0; n < count; n += 1) {
    const outcome = await act(n);
    if (outcome.exitCode !== 0) return outcome;
  }
  return undefined;
}

const whileExec: Attempt["observe"] = (stage) =>
  beside(stage, [], () => repeat(execs, () => stage.verb("exec", [stage.bundle.tag, "/probe", "echo", "x"])));

/** Writes the bundle of a second container that has the first one's root directory. */
function writeMember({ bundle }: Stage, patch: Patch): string {
  const path = join(bundle.base, "member");
  mkdirSync(path, { recursive: true });
  const config = JSON.parse(readFileSync(join(bundle.path, "config.json"), "utf8"));
  const own: Patch = {
    "/root/path": bundle.rootfs,
    "/process/args": ["/probe", "echo", "x"],
    "/linux/cgroupsPath": `/coffer-test/${bundle.tag}-m`,
    // Init waits meanwhile, before its root transition: time enough for any attempt.
    "/hooks": { createRuntime: [{ path: "/bin/sleep", args: ["sleep", "0.05"] }] },
  };
  const text = toJson(patched(config, { ...own, ...patch }));
  writeFileSync(join(path, "config.json"), text.replaceAll("$BASE", bundle.base));
  return path;
}

/** Second containers are made beside the attacker. */
const whileMade =
  (patch: (pid: number) => Patch, prefix: readonly string[] = []) =>
  (stage: Stage): Promise<Seen> =>
    beside(stage, prefix, async () => {
      const { pid } = JSON.parse((await stage.verb("state", [stage.bundle.tag], { prefix })).stdout);
      const member = writeMember(stage, patch(pid));
      return repeat(members, (n) => stage.verb("run", ["--bundle", member, `${stage.bundle.tag}-m${n}`], { prefix }));
    });

const joined = (pid: number, ...types: readonly (readonly [string, string])[]): readonly Json[] =>
  types.map(([type, file]) => ({ type, path: `/proc/${pid}/ns/${file}` }));

/** All of a pod's namespaces by their paths; mounts, names and cgroups are a container's own. */
const pod = (pid: number): Patch => ({
  "/linux/namespaces": [
    ...kinds("mount", "uts", "cgroup"),
    ...joined(pid, ["user", "user"], ["pid", "pid"], ["ipc", "ipc"], ["network", "net"]),
  ],
});

/** The same of a pod without a user namespace. */
const hookedPod = (pid: number): Patch => ({
  "/linux/namespaces": [
    ...kinds("mount", "uts", "cgroup"),
    ...joined(pid, ["pid", "pid"], ["ipc", "ipc"], ["network", "net"]),
  ],
});

const many = Array.from({ length: 300 }, (_, n) => n + 20);

/** A tree that takes time instead of a hook. */
const plainPod = (pid: number): Patch => ({
  ...hookedPod(pid),
  "/hooks": undefined,
  ...Object.fromEntries(many.map((n) => [`/mounts/${n}`, { destination: "/mnt", type: "tmpfs", source: "tmpfs" }])),
});

const tmpfs = [{ destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] }];

const ids = [{ containerID: 0, hostID: firstId, size: 1000 }];

/** A user namespace of its own, in the pid namespace of a pod: whose procfs it may not make. */
const mapped = (pid: number): Patch => ({
  "/mounts": tmpfs,
  "/linux/maskedPaths": [],
  "/linux/readonlyPaths": [],
  "/linux/namespaces": [...kinds("mount", "uts", "ipc", "network", "cgroup", "user"), ...joined(pid, ["pid", "pid"])],
  "/linux/uidMappings": ids,
  "/linux/gidMappings": ids,
});

/** A user namespace of its own, and a pid namespace beneath the one that the attacker sees. */
const mappedAlone = (): Patch => ({
  "/linux/namespaces": kinds("pid", "mount", "uts", "ipc", "network", "cgroup", "user"),
  "/linux/uidMappings": ids,
  "/linux/gidMappings": ids,
});

/** The ids of root of the host are in it, as in a nested container that keeps its ids. */
const keepsIds = (): Patch => {
  const whole = [{ containerID: 0, hostID: 0, size: 1000 }];
  return { ...mappedAlone(), "/linux/uidMappings": whole, "/linux/gidMappings": whole };
};

const idmapped: Patch = {
  "/linux/namespaces": kinds("pid", "mount", "uts", "ipc", "network", "cgroup"),
  "/mounts/-": { ...Object(bindAt("/mnt", "$BASE/vol")), uidMappings: ids, gidMappings: ids },
};

/** A pid namespace that stands for the host's, so that nobody else's processes are attacked. */
const inPlaceOfHost =
  (observe: (stage: Stage, prefix: readonly string[]) => Promise<Seen>): Attempt["observe"] =>
  async (stage) => {
    const words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo here; exec cat"];
    const holder = start([...placed(stage.runtime, ""), ...words], { keepStdin: true, timeoutMs: 180_000 });
    try {
      await holder.saw("here");
      const children = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8");
      const prefix = ["nsenter", "-t", children.trim(), "-p", "-m"];
      const seen = await observe(stage, prefix);
      await stage.verb("delete", ["--force", stage.bundle.tag], { prefix });
      return seen;
    } finally {
      process.kill(holder.pid, "SIGKILL");
      await holder.done;
    }
  };

const pods: readonly Row[] = [
  {
    id: "traced while it joins: exec",
    cause:
      "init enters the container's namespaces while it is dumpable and root of the host; CAP_SYS_PTRACE in the container's own user namespace is enough",
    rules: ["R13"],
    by: ["packages/core/src/plan/create/unseen.ts", "helper-c/plan/verify/unseen.c"],
    show: tried({ before, patch: tracer, observe: whileExec }),
    alone:
      "init is seen for a moment only since it forks last; 60 runs of it are red in test/adversary/weakened.test.ts (tracer)",
  },
  {
    id: "traced while it joins: exec, without a user namespace",
    cause:
      "init enters the container's pid namespace with every capability of its caller: CAP_SYS_PTRACE of the same user namespace looks into it, dumpable or not",
    rules: ["R13"],
    by: ["packages/core/src/plan/process/appear.ts", "helper-c/plan/verify/unseen.c", "helper-c/init/fork.c"],
    show: tried({ before, patch: { ...debugs, "/process/capabilities/ambient": [] }, observe: whileExec }),
  },
  {
    id: "traced while it is made: a pod, without a user namespace",
    cause:
      "init makes the tree in the pid namespace of a pod, with the rights and the root directory of the host: CAP_SYS_PTRACE of the same user namespace looks into it",
    rules: ["R13"],
    by: ["packages/core/src/plan/create/last-fork.ts", "helper-c/plan/verify/unseen.c"],
    show: tried({ before, patch: { ...debugs, "/process/capabilities/ambient": [] }, observe: whileMade(plainPod) }),
  },
  {
    id: "traced while it is made: a pod without a user namespace, with hooks",
    cause: "the same where a hook gets the pid of the process before its program runs",
    rules: ["R13"],
    by: ["packages/core/src/plan/create/last-fork.ts"],
    show: tried({ before, patch: { ...debugs, "/process/capabilities/ambient": [] }, observe: whileMade(hookedPod) }),
    let: "a hook gets the pid of the process, which is in the pod then, and the hook may keep that pid. Advisory 0015 says what to do: a user namespace for the pod, or no CAP_SYS_PTRACE in it",
  },
  {
    id: "traced while it joins: a pod",
    cause:
      "the same where a container joins the namespaces of a pod by path, with the host's root directory still its own",
    rules: ["R13"],
    by: ["packages/core/src/plan/create/unseen.ts", "packages/core/src/plan/namespaces/namespaces.ts"],
    show: tried({ before, patch: tracer, observe: whileMade(pod) }),
  },
  {
    id: "root beside a user namespace: a pod",
    cause:
      "who has the euid that owns a user namespace has every right over what is executed inside, without a capability: a container of root looks into the next one's init, which has the host's root directory",
    rules: ["R13"],
    by: ["helper-c/launch/clone.c", "helper-c/launch/main.c"],
    show: tried({ before, patch: peeker("pid", "mount", "ipc", "uts", "network"), observe: whileMade(mapped) }),
  },
  {
    id: "root beside a user namespace: the ids of root in it",
    cause: "the same, where the user namespace has the ids of root, so that no file is unreadable in it",
    rules: ["R13"],
    by: ["packages/core/src/plan/create/unseen.ts"],
    show: tried({
      before,
      patch: peeker("mount", "ipc", "uts", "network"),
      observe: inPlaceOfHost((stage, prefix) => whileMade(keepsIds, prefix)(stage)),
    }),
  },
  {
    id: "root beside a user namespace: the host's pid namespace",
    cause: "the same, where the container of root sees all processes",
    rules: ["R13"],
    by: ["helper-c/launch/clone.c", "helper-c/launch/main.c"],
    show: tried({
      before,
      patch: peeker("mount", "ipc", "uts", "network"),
      observe: inPlaceOfHost((stage, prefix) => whileMade(mappedAlone, prefix)(stage)),
    }),
  },
  {
    id: "root beside a user namespace: an idmapped bind",
    cause: "the same, of the process that only holds the user namespace of a bind's ids",
    rules: ["R13"],
    by: ["helper-c/launch/main.c"],
    show: tried({
      before: `${before}; mkdir vol`,
      patch: peeker("mount", "ipc", "uts", "network"),
      observe: inPlaceOfHost((stage, prefix) => whileMade(() => idmapped, prefix)(stage)),
    }),
  },
  {
    id: "messages forged while a process joins",
    cause:
      "who traces the process of an exec has init's socket, and tells the launcher that something has failed, or that all is well",
    rules: ["R6", "R12"],
    by: ["helper-c/wait/init.c", "helper-c/sys/run.c"],
    show: {
      how: "test",
      file: "test/defence/forged.test.ts",
      title: "what is forged while a process joins is not believed",
    },
  },
  {
    id: "the plan in process 1",
    cause:
      "process 1 of --init stays as long as the container, which may look into it, and has the plan with paths of the host",
    rules: ["R6", "R7"],
    by: ["helper-c/init/first.c", "helper-c/init/fork.c"],
    show: {
      how: "test",
      file: "test/defence/forged.test.ts",
      title: "process 1 of the runtime has nothing of the plan",
    },
  },
  {
    id: "memory of the process that joins",
    cause: "the process of an exec shares its memory with init, which is still in the host's pid namespace",
    rules: ["R6", "R13"],
    by: ["helper-c/init/fork.c"],
    show: {
      how: "test",
      file: "test/defence/forged.test.ts",
      title: "the process of an exec shares no memory with the one that made it, which is of the host",
    },
  },
  {
    id: "the process that a launcher takes over",
    cause: "who has init's socket tells the launcher which child of its own is the process that joins",
    rules: ["R6", "R12"],
    by: ["helper-c/wait/init.c", "helper-c/sys/run.c"],
    show: {
      how: "test",
      file: "test/defence/forged.test.ts",
      title: "whose pid a launcher takes is told by the process that forked, and by no other",
    },
  },
];

export const groupJ: Group = { letter: "J", title: "Attacks from inside while verbs run", rows: pods };
