// What a container may use, enforced by cgroup v2: each check makes a container, lets it try, and tells what came of it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunResult, Runtime } from "@coffer/core";
import { create, run } from "@coffer/core";
import { pause, until } from "../../helpers/command.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import type { GuestBundle } from "./bundle.ts";
import { makeGuestBundle } from "./bundle.ts";

/** Tells facts of one thing. */
export type Check = (runtime: Runtime) => Promise<Json>;

/** A file of `key value` lines, such as memory.events. */
function keyed(bundle: GuestBundle, file: string): Readonly<Record<string, number>> {
  const lines = readFileSync(join(bundle.cgroup, file), "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(" ")).map(([key = "", value]) => [key, Number(value)]));
}

const word = (bundle: GuestBundle, file: string): string => readFileSync(join(bundle.cgroup, file), "utf8").trim();

const args = (...words: readonly string[]): Patch => ({ "/process/args": words });

/** Runs a bundle whose cgroup is looked at between the program's end, or when that is enough, and its removal. */
async function held<T>(runtime: Runtime, bundle: GuestBundle, look: () => T, enough = () => false): Promise<T> {
  const container = await create({ bundle: bundle.path, id: bundle.tag, runtime });
  try {
    await container.start();
    for (let tries = 0; (await container.state()).status !== "stopped" && !enough(); tries += 1) {
      if (tries > 400) throw new Error("the program does not end");
      await pause(50);
    }
    return look();
  } finally {
    await container.delete();
  }
}

function told({ exitCode, signal, stdout, stderr }: RunResult): Json {
  return { exitCode: exitCode ?? null, signal: signal ?? null, stdout, stderr };
}

async function ran(runtime: Runtime, patch: Patch): Promise<Json> {
  const bundle = makeGuestBundle(patch);
  return told(await run({ bundle: bundle.path, id: bundle.tag, runtime }));
}

const memory: Patch = { "/linux/resources/memory": { limit: 33554432, swap: 33554432 } };

/** The program's own end is seen by `run`, the kernel's count by looking at the cgroup. */
const memoryLimit: Check = async (runtime) => {
  const patch = { ...memory, ...args("/probe", "memory", "64") };
  const bundle = makeGuestBundle(patch);
  const seen = await held(runtime, bundle, () => ({
    max: word(bundle, "memory.max"),
    swap: existsSync(join(bundle.cgroup, "memory.swap.max")) ? word(bundle, "memory.swap.max") : "none",
    kills: keyed(bundle, "memory.events").oom_kill ?? 0,
  }));
  return {
    ...seen,
    ran: await ran(runtime, patch),
    within: await ran(runtime, { ...memory, ...args("/probe", "memory", "8") }),
  };
};

const pidsLimit: Check = async (runtime) => {
  const patch = { "/linux/resources/pids": { limit: 8 }, ...args("/probe", "fork", "20") };
  const bundle = makeGuestBundle(patch);
  const seen = await held(runtime, bundle, () => ({
    max: word(bundle, "pids.max"),
    refused: keyed(bundle, "pids.events").max ?? 0,
  }));
  return { ...seen, ran: await ran(runtime, patch) };
};

/**
 * Work that wants a whole processor and may have a fifth of one, until it was held back often enough. A busy host takes the
 * guest's time away, which the guest counts as used.
 */
const cpuQuota: Check = async (runtime) => {
  const burn = args("/busybox", "sh", "-c", "/busybox timeout 20 /busybox yes >/dev/null; :");
  const bundle = makeGuestBundle({ "/linux/resources/cpu": { quota: 20000, period: 100000 }, ...burn });
  const slowed = (): boolean => (keyed(bundle, "cpu.stat").nr_throttled ?? 0) > 5;
  const look = (): Json => {
    const { nr_periods: periods = 0, usage_usec: usage = 0 } = keyed(bundle, "cpu.stat");
    const bounded = usage < 300_000 + periods * 50_000;
    return { max: word(bundle, "cpu.max"), slowed: slowed(), bounded, periods, usage };
  };
  return held(runtime, bundle, look, slowed);
};

const cpuset: Check = async (runtime) => {
  const bundle = makeGuestBundle({
    "/linux/resources/cpu": { cpus: "0", shares: 512 },
    ...args("/probe", "exit", "0"),
  });
  return held(runtime, bundle, () => ({
    cpus: word(bundle, "cpuset.cpus"),
    weight: word(bundle, "cpu.weight"),
    group: word(bundle, "cgroup.procs"),
  }));
};

const mknod = ["CAP_MKNOD", "CAP_SYS_ADMIN"];
const mayMakeNodes: Patch = {
  "/root/readonly": false,
  "/process/capabilities": { bounding: mknod, permitted: mknod, effective: mknod },
};

/** A shell's script in the container. */
const shell = (script: string): Patch => args("/busybox", "sh", "-c", script);

/** What a container with the device filter tries; each line says how it ended. */
const deviceScript = `
b=/busybox
try() { name=$1; shift; text=$("$@" 2>&1 >/dev/null) && text=": yes"; echo "$name:\${text##*:}"; }
try make-kmsg $b mknod /k c 1 11
try make-disk $b mknod /d b 8 0
try make-fuse $b mknod /f c 10 229
try make-null $b mknod /n c 1 3
try read-null $b cat /n
try write-null $b cp /etc/motd /n
try read-kmsg $b dd if=/k count=0
try read-disk $b dd if=/d count=0
try write-fuse $b dd of=/f count=0 if=/n
try read-zero $b dd if=/dev/zero count=1
`;

/** The device filter: /dev/fuse (10:229) is asked for, read only; /dev/kmsg (1:11) and the first disk are not. */
const devices: Check = (runtime) =>
  ran(runtime, {
    ...mayMakeNodes,
    "/linux/resources/devices": [
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 10, minor: 229, access: "rm" },
    ],
    ...shell(deviceScript),
  });

const lifecycle: Check = async (runtime) => {
  const bundle = makeGuestBundle(args("/probe", "sleep", "60"));
  const container = await create({ bundle: bundle.path, id: bundle.tag, runtime });
  const statuses = [(await container.state()).status];
  const inside = word(bundle, "cgroup.procs") === String(container.pid);
  await container.start();
  statuses.push((await container.state()).status);
  const joined = await container.exec({ args: ["/busybox", "cat", "/proc/self/cgroup"] });
  await container.kill("KILL");
  await until("it has stopped", async () => (await container.state()).status === "stopped");
  statuses.push((await container.state()).status);
  await container.delete();
  return { statuses, inside, joined: told(joined), left: existsSync(bundle.cgroup) };
};

/** A container of a user namespace that may only write its own cgroup. */
const userNamespace: Check = (runtime) =>
  ran(runtime, {
    ...memory,
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }],
    "/linux/gidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }],
    "/mounts/-": {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["ro", "nosuid", "nodev"],
    },
    ...shell("/busybox id -u; /busybox cat /proc/self/uid_map /proc/self/cgroup /sys/fs/cgroup/memory.max"),
  });

/** Every check by its name. */
export const limitChecks = { memoryLimit, pidsLimit, cpuQuota, cpuset, devices, lifecycle, userNamespace } as const;
