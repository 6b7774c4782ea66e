// What a container can do to `ps` of itself and of others.
import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { capture } from "../../system/node/launch/capture.ts";
import type { System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { printProcesses, ps } from "./ps.ts";

const place = { version: 2, mount: "/sys/fs/cgroup", path: "/box", controllers: [], mark: "trusted.coffer" };
const record = {
  ...{ version: 1, id: "box", bundle: "/b", rootfs: "/b/rootfs", created: "2026-01-01T00:00:00.000Z", uid: 0 },
  ...{ cgroups: [place], config: { ociVersion: "1.3.0" } },
};

function makeHost(change: Partial<System> = {}, pids = "70001\n70002\n"): Runtime {
  const memory = makeMemorySystem();
  memory.put("/run/coffer/box");
  memory.put("/run/coffer/box/state.json", JSON.stringify(record));
  memory.put("/sys/fs/cgroup/box");
  memory.put("/sys/fs/cgroup/box/cgroup.procs", pids);
  return { system: { ...memory, ...change }, root: "/run/coffer" };
}

/** A ps(1) that is a script of sh(1). */
const psOf = (script: string): Partial<System> => ({
  capture: (_name, args, isWanted) => capture("sh", ["-c", script, "ps", ...args], isWanted),
});

const title = "echo 'UID PID CMD'";
/** 1,000 lines of 100,000 bytes, more than is held. */
const crowd = 'long=$(printf %0100000d 0); for i in $(seq 1000); do echo "root $i $long"; done';

test("what other containers call their processes is not held", async (t) => {
  const host = makeHost(psOf(`${title}; echo 'root 70001 one'; ${crowd}; echo 'root 70002 two'`));
  t.is(await printProcesses(host, "box", ["-ef"]), "UID PID CMD\nroot 70001 one\nroot 70002 two");
});

test("titles of a container that are too long are told in one short line", async (t) => {
  const host = makeHost(psOf(`${title}; ${crowd.replace("$i", "70001")}`));
  await t.throwsAsync(printProcesses(host, "box", []), { message: /^ps printed more than 8 MiB about the container/ });
});

test("what ps complains of is cut", async (t) => {
  const host = makeHost(psOf("printf 'error %01000d' 0; exit 1"));
  const { message } = (await t.throwsAsync(printProcesses(host, "box", ["--no"]))) ?? { message: "" };
  t.regex(message, /^ps ended with status 1: error 000/);
  t.true(message.length < 400);
});

test("ps is asked for the container's processes alone, unless they are too many to be named", async (t) => {
  const echo = psOf(`${title}; echo "root 70001 $*"`);
  t.regex(await printProcesses(makeHost(echo), "box", []), / -f -p \d+,70001,70002$/);
  const many = Array.from({ length: 30_000 }, (_, at) => `${70_000 + at}\n`).join("");
  t.regex(await printProcesses(makeHost(echo, many), "box", []), / -ef$/);
});

test("cgroups that are made faster than they are listed are an error after 10 s", async (t) => {
  let now = 0;
  const host = makeHost({
    elapsed: () => (now += 100),
    listTyped: () => [{ name: "again", kind: "directory" }],
  });
  await t.throwsAsync(ps(host, "box"), { code: "E_IO", message: /more cgroups than can be read in 10 s/ });
});
