// One attacker with its rights, and those that live beside it: directories, configs, and what the host was like before.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { buildProgram, tools } from "../../../helpers/build.ts";
import type { Bundle, Teardown } from "../../../helpers/bundle.ts";
import { census, makeBundle } from "../../../helpers/bundle.ts";
import type { Running } from "../../../helpers/command.ts";
import { start } from "../../../helpers/command.ts";
import { baseConfig } from "../../../helpers/config.ts";
import type { Patch } from "../../../helpers/json.ts";
import { patched, toJson } from "../../../helpers/json.ts";
import { cleanUp, mountsFor } from "../../../helpers/leftovers.ts";
import type { RuntimeName } from "../../../helpers/peers/runtimes.ts";
import type { Attacker } from "../attackers.ts";
import type { Ids, Rights } from "../rights.ts";
import { joinPod, patchOf } from "../rights.ts";
import { makeTally } from "../tally.ts";
import type { Caller } from "../types.ts";

/** What a scene is about. */
export type Subject = {
  readonly runtime: RuntimeName;
  readonly attacker: Attacker;
  readonly rights: Rights;
  readonly as: Caller;
};

export type Stage = Subject & {
  readonly bundle: Bundle;
  readonly ids: Ids;
  readonly tally: string;
  /** The bundles of those beside: one that ends at once, one that stays, and one that holds the namespaces of a pod. */
  readonly members: Readonly<Record<"ends" | "stays" | "holder", string>>;
  /** A directory for the sandbox. */
  readonly work: string;
  /** A terminal of the caller's, that nobody types into: that of this process if it has one. */
  readonly terminal: string;
  /** The service manager that the attacker's container tells of its start (sd_notify(3)), for those who attack it. */
  readonly manager?: Manager;
  readonly end: () => Promise<void>;
};

export type Manager = {
  readonly socket: string;
  /** What it was told since it was asked last, and a container may not say. */
  readonly strange: () => readonly string[];
};

const limits = { pids: 64, bytes: 32 << 20 } as const;

/** The words of the attacker's program. */
export function attackWords(stage: Pick<Stage, "attacker" | "rights" | "as">, tally: string, place: string): string[] {
  const limited = stage.as === "root" && !tally.startsWith("/tmp");
  const [pids, bytes] = limited ? [limits.pids, limits.bytes] : [0, 0];
  return ["attack", stage.attacker.name, tally, "$BASE/canary", place, `${pids}`, `${bytes}`];
}

function attackerPatch(subject: Subject, ids: Ids): Patch {
  const { rights, as } = subject;
  const place = rights.name === "bind" ? "/vol" : "";
  return {
    ...patchOf(rights, as, ids),
    "/process/args": ["/adversary", ...attackWords(subject, "/tally", place)],
    ...(as === "user"
      ? {}
      : {
          "/linux/cgroupsPath": "/coffer-test/$TAG-a",
          "/linux/resources/pids": { limit: limits.pids },
          "/linux/resources/memory": { limit: limits.bytes },
        }),
  };
}

/** A container beside: the same rights and root directory, mount points that are missing, a cgroup of its own. */
function memberPatch({ rights, as }: Subject, ids: Ids, bundle: Bundle, name: string, words: readonly string[]): Patch {
  const { patch: _own, ...plain } = rights;
  return {
    ...patchOf(plain, as, ids),
    "/root/path": bundle.rootfs,
    "/process/args": ["/probe", ...words],
    "/mounts/6": { destination: "/mnt/deep/er", type: "tmpfs", source: "tmpfs", options: ["size=64k"] },
    "/mounts/7": { destination: "/home/made", type: "tmpfs", source: "tmpfs", options: ["size=64k"] },
    ...(as === "user" ? {} : { "/linux/cgroupsPath": `/coffer-test/${bundle.tag}-${name}` }),
  };
}

function writeMember(subject: Subject, ids: Ids, bundle: Bundle, name: string, words: readonly string[]): string {
  const path = join(bundle.base, name);
  mkdirSync(path);
  const config = patched(baseConfig(), memberPatch(subject, ids, bundle, name, words));
  writeFileSync(join(path, "config.json"), toJson(config).replaceAll("$BASE", bundle.base));
  return path;
}

/** Has the attacker and those beside it join the pod of a process. */
export function enterPod(stage: Stage, pid: number): void {
  const { pod = [] } = stage.rights;
  for (const path of [stage.bundle.path, stage.members.ends, stage.members.stays]) {
    const file = join(path, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8"));
    const namespaces = joinPod(config.linux.namespaces, pod, pid);
    writeFileSync(file, toJson(patched(config, { "/linux/namespaces": namespaces })));
  }
}

function furnish({ rootfs, base, canary }: Bundle, { rights, as }: Subject, ids: Ids): void {
  const program = buildProgram("test/adversary/program");
  chmodSync(canary, 0o700);
  writeFileSync(join(canary, "file"), `secret ${Math.random()}\n`, { mode: 0o600 });
  const work = join(base, "work");
  for (const directory of [join(rootfs, "stall"), join(rootfs, "run"), join(rootfs, "vol"), work])
    mkdirSync(directory, { recursive: true });
  copyFileSync(join(rootfs, "probe"), join(rootfs, "program"));
  for (const directory of [rootfs, work]) {
    copyFileSync(program, join(directory, "adversary"));
    chmodSync(join(directory, "adversary"), 0o755);
    makeTally(join(directory, "tally"));
  }
  if (as === "user") return;
  execFileSync("mknod", ["-m", "666", join(base, "fuse"), "c", "10", "229"]);
  if (rights.mapped) execFileSync("chown", ["-R", `${ids.first}:${ids.first}`, rootfs]);
}

/** A terminal whose other end somebody reads, and which is the controlling terminal of a session. */
async function openTerminal(bundle: Bundle): Promise<{ readonly path: string; readonly holder: Running }> {
  const words = ["sh", "-c", "tty; exec sleep 100000"];
  const env = { COFFER_TEST_TAG: bundle.tag };
  const holder = start([tools(), "pty", "24x80", "--", ...words], { env, timeoutMs: 3_600_000 });
  await holder.saw("\n");
  return { path: /\/dev\/pts\/\d+/.exec(holder.output())?.[0] ?? "", holder };
}

const plain = /^got \[(?:READY=\S* ?|MAINPID=\d+ ?)\]$|^got \[BARRIER=1\] fd$/;

/** A service manager, which writes down what it gets. */
async function openManager(bundle: Bundle): Promise<{ readonly manager: Manager; readonly listener: Running }> {
  const socket = join(bundle.base, "manager");
  const listener = start([tools(), "notify", socket], { env: { COFFER_TEST_TAG: "" }, timeoutMs: 3_600_000 });
  await listener.saw("listening");
  let seen = 0;
  const strange = (): readonly string[] => {
    const lines = listener.output().split("\n").slice(0, -1);
    const fresh = lines.slice(seen).filter((line) => line.startsWith("got ") && !plain.test(line));
    seen = lines.length;
    return fresh.map((line) => `the service manager: ${line.slice(0, 60)}`);
  };
  return { manager: { socket, strange }, listener };
}

const tellsManager = ({ runtime, attacker, as }: Subject): boolean =>
  runtime === "coffer" && as === "root" && ["flooder", "passer"].includes(attacker.name);

let scenes = 0;

/** Makes the directories of a scene. */
export async function makeStage(subject: Subject): Promise<Stage> {
  const undo: (() => void)[] = [];
  const t: Teardown = { teardown: (act) => void undo.unshift(() => void act()) };
  scenes += 1;
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const ids: Ids = { first: 200_000 + (process.pid % 2000) * 1_000_000 + scenes * 1000, ...own };
  const bundle = makeBundle(t, attackerPatch(subject, ids));
  furnish(bundle, subject, ids);
  const members = {
    ends: writeMember(subject, ids, bundle, "ends", ["exit", "3"]),
    stays: writeMember(subject, ids, bundle, "stays", ["sleep", "1000"]),
    holder: writeMember(subject, ids, bundle, "holder", ["sleep", "1000"]),
  };
  const { path, holder } = await openTerminal(bundle);
  const terminal = isatty(0) ? readlinkSync("/proc/self/fd/0") : path;
  const told = tellsManager(subject) ? await openManager(bundle) : undefined;
  const end = async (): Promise<void> => {
    for (const { pid, done } of [holder, ...(told === undefined ? [] : [told.listener])]) {
      process.kill(-pid, "SIGKILL");
      await done;
    }
    cleanUp(bundle);
    for (const act of undo) act();
  };
  const tally = join(bundle.rootfs, "tally");
  return {
    ...subject,
    bundle,
    ids,
    tally,
    members,
    work: join(bundle.base, "work"),
    terminal,
    ...(told && { manager: told.manager }),
    end,
  };
}

const textOf = (path: string): string => readFileSync(path, "utf8");
const parameters = ["core_pattern", "hostname", "domainname", "panic", "sem", "shmmax", "printk"].map(
  (name) => `/proc/sys/kernel/${name}`,
);
const nodes = ["null", "zero", "tty", "console", "ptmx", "fuse"];

/** What of the host may not change. */
export function lookAtHost({ bundle, as }: Pick<Stage, "bundle" | "as">): Readonly<Record<string, string>> {
  return {
    canary: [...census(bundle.canary), textOf(join(bundle.canary, "file"))].join("\n"),
    mounts: mountsFor(bundle).join("\n"),
    parameters: [...parameters, "/proc/sys/net/ipv4/ip_forward"].map(textOf).join(""),
    facts: [hostname(), ...readdirSync("/sys/class/net"), textOf("/proc/self/limits"), as].join(" "),
    devices: census("/dev")
      .filter((row) => nodes.includes(row.split(" ")[0] ?? ""))
      .join("\n")
      .replaceAll(/ \d+(\.\d+)?$/gm, ""),
  };
}

/** What differs, in words. */
export function changesOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(before)
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name} of the host changed`);
}
