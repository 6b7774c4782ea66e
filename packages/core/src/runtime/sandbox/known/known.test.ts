// Sandboxes that were prepared before: the next call has the same plan if the host answers the same, and its own plan otherwise.
import { createHash } from "node:crypto";
import test from "ava";
import type { MemorySystem } from "../../../system/memory.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import { decodePlan } from "../../../wire/decode.ts";
import { decodeText } from "../../../wire/utf8.ts";
import { openRuntime } from "../../open.ts";
import type { Guard } from "../../policy/guard.ts";
import type { RunningSandbox } from "../../verbs/sandbox.ts";
import { sandbox } from "../../verbs/sandbox.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import { kindBytes, makeLog } from "./log.ts";
import { isSameIn } from "./testing.ts";

const mountinfo = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n25 22 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const files: Readonly<Record<string, string>> = {
  "/proc/self/status": "Name:\tcoffer\nPid:\t7\nCapEff:\t000001ffffffffff\nCpus_allowed_list:\t0\n",
  "/proc/self/mountinfo": mountinfo,
  "/proc/self/cgroup": "0::/\n",
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
  "/etc/group": "root:x:0:\n",
  "/proc/sys/kernel/cap_last_cap": "40\n",
  "/sys/devices/system/cpu/online": "0\n",
  "/etc/protocols": "tcp 6 TCP\n",
  "/root/.npmrc": "",
  "/root/.gitconfig": "[user]\n\tname = A\n",
  "/work/source.c": "",
  "/work/data.sqlite": "",
  "/work/coffer/.git/config": "",
};
const directories = [
  "/run",
  "/usr/bin",
  "/bin",
  "/lib",
  "/root",
  "/work",
  "/mnt",
  "/tmp",
  "/dev",
  "/etc",
  "/root/.cargo/bin",
];
const dir = "/run/coffer/.plans";

function makeHost(): MemorySystem {
  const system = makeMemorySystem(0);
  for (const path of directories) system.put(path);
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  // As an earlier call has left it.
  system.put(dir, undefined, { mode: 0o700 });
  const report = { phase: "host", errno: 0, code: "none", pid: 7, startTime: 99n, inode: 5n, detail: 0n } as const;
  const end = { status: { kind: "exited", code: 0 }, nanoseconds: 0n } as const;
  system.onLaunch = () => [
    ...(["running", "exited", "done"] as const).map(
      (state) => ({ kind: "report", report: { ...report, ...end, state } }) as const,
    ),
    { kind: "exit", status: 0, signal: undefined, trace: new Uint8Array(0) },
  ];
  return system;
}

interface Call extends Partial<SandboxVerbOptions> {
  readonly build?: string;
  readonly caller?: Partial<MemorySystem["caller"]>;
  readonly guard?: Guard;
  /** Nothing is known: everything is looked up. */
  readonly anew?: boolean;
  /** Gets the sandbox when it has ended. */
  readonly look?: (running: RunningSandbox) => void;
}

const digest: MemorySystem["digest"] = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Runs a sandbox: its plan, what was warned of, and whether the host was found as it was. */
async function run(system: MemorySystem, { build = "one", caller, guard, anew = false, look, ...options }: Call = {}) {
  let known = false;
  const warnings: string[] = [];
  const port = { ...system, digest, caller: { ...system.caller, ...caller }, build };
  const opened = openRuntime({
    system: anew ? port : { ...port, isSame: isSameIn(port) },
    warn: (warning) => void warnings.push(warning.shortMessage),
    debug: (message) => {
      known ||= message.startsWith("the host answers as in");
    },
  });
  const runtime = { ...opened, ...(guard === undefined ? {} : { guard }) };
  const running = await sandbox(runtime, { args: ["true"], stdio: ["ignore", "ignore", "ignore"], ...options });
  await running.wait();
  look?.(running);
  const { plan } = system.launches.at(-1) ?? { plan: new Uint8Array() };
  return { known, warnings, plan: decodePlan(plan) };
}

const kept = (system: MemorySystem): readonly string[] =>
  [...system.entries.keys()].filter((path) => path.startsWith(`${dir}/answers-`));

const calls: Readonly<Record<string, Call>> = {
  "a plain one": {},
  "one that can be written": { writable: true },
  "one of a repository": { cwd: "/work/coffer", writable: true },
  "one with words and variables": { args: ["true", "a-word", ""], env: { OWN_WORD: "a-secret" } },
  "one with paths": { read: ["/root/.gitconfig"], deny: ["*.sqlite"] },
  "one that is explained": { watch: true, writable: true },
};

for (const [title, call] of Object.entries(calls))
  test(`the second call is as the first: ${title}`, async (t) => {
    const { plan } = await run(makeHost(), { ...call, anew: true });
    const system = makeHost();
    for (const known of [false, true, true]) t.deepEqual(await run(system, call), { known, warnings: [], plan });
  });

const long: Readonly<Record<string, (index: number) => string>> = {
  "/etc/passwd": (index) => `user${index}:x:${10_000 + index}:100::/home/user${index}:/bin/sh\n`,
  "/etc/group": (index) => `group${index}:x:${10_000 + index}:\n`,
  "/proc/self/mountinfo": (index) => `${100 + index} 22 0:${index} / /mnt/${index} rw - tmpfs tmpfs rw\n`,
};
for (const [path, line] of Object.entries(long))
  test(`a table of any length is read whole, and then nothing is known: ${path}`, async (t) => {
    const makeLong = (): MemorySystem => {
      const system = makeHost();
      system.put("/root/other/.ssh");
      const filler = Array.from({ length: 30_000 }, (_, index) => line(index)).join("");
      system.put(path, filler + (path === "/etc/passwd" ? "root:x:0:0:root:/root/other:/bin/sh\n" : files[path]));
      return system;
    };
    const call = { read: ["/root/other"] };
    const { plan } = await run(makeLong(), { ...call, anew: true });
    const system = makeLong();
    for (const known of [false, false]) t.deepEqual(await run(system, call), { known, warnings: [], plan });
  });

test("a bundle of certificates is compared to its end", async (t) => {
  const bundle = `-----BEGIN CERTIFICATE-----\n${"QUJDRA==\n".repeat(25_000)}-----END CERTIFICATE-----\n`;
  const system = makeHost();
  system.put("/root/.npmrc", "cafile=/mnt/ca.pem\n");
  system.put("/mnt/ca.pem", bundle);
  for (const known of [false, true]) t.is((await run(system)).known, known);
  system.put("/mnt/ca.pem", `${bundle}\n`);
  for (const known of [false, true]) t.is((await run(system)).known, known);
});

test("two answers to one question spoil the log", (t) => {
  const answers = (...kinds: readonly ("file" | "directory")[]): Uint8Array | undefined => {
    const log = makeLog();
    for (const kind of kinds) log.note("kind", "/a", kindBytes(kind));
    return log.bytes();
  };
  t.deepEqual(answers("file", "file"), answers("file"));
  t.is(answers("file", "directory"), undefined);
});

test("neither the words nor the variables of the program are kept", async (t) => {
  const system = makeHost();
  await run(system, { args: ["true", "a-word"], env: { OWN_WORD: "a-secret" } });
  const written = [...system.entries.keys()].filter((path) => path.startsWith(`${dir}/`));
  const texts = written.map((path) => decodeText(system.readBytes(path, 1 << 20)));
  t.is(texts.length, 2);
  t.false(texts.some((text) => text.includes("a-word") || text.includes("OWN_WORD") || text.includes("a-secret")));
});

const link = (path: string) => (system: MemorySystem) =>
  void system.entries.set(path, {
    kind: "link",
    content: new TextEncoder().encode("/usr/bin"),
    mode: 0o777,
    uid: 0,
    gid: 0,
  });

/** What may have changed between two calls; each call then has the plan of a host on which nothing is known. */
const changes: Readonly<Record<string, (system: MemorySystem) => void>> = {
  "a secret in the home directory": (system) => system.put("/root/.ssh"),
  "a secret of the host": (system) => system.put("/etc/shadow", ""),
  "a secret that is gone": (system) => void system.entries.delete("/root/.npmrc"),
  "a file of variables": (system) => system.put("/work/.env", "KEY=1"),
  "a file of variables, deep in the tree": (system) => system.put("/work/a/b/.env.local", "KEY=1"),
  "a repository": (system) => {
    system.put("/work/.git/objects");
    system.put("/work/.git/refs");
  },
  "a guarded name": (system) => system.put("/work/.envrc", ""),
  "hooks of a repository": (system) => system.put("/work/coffer/.git/hooks"),
  "the mode of a directory": (system) => system.put("/work", undefined, { mode: 0o777 }),
  "the owner of a directory": (system) => system.put("/work", undefined, { uid: 5 }),
  "a link in the place of a directory": link("/bin"),
  "a toolchain": (system) => system.put("/root/.rustup"),
  "a toolchain that is gone": (system) => void system.entries.delete("/root/.cargo/bin"),
  "the caller's settings of git": (system) => system.put("/root/.gitconfig", "[user]\n\tname = B\n"),
  passwd: (system) => system.put("/etc/passwd", "me:x:0:0:root:/root:/bin/sh\n"),
  "another home directory": (system) => system.put("/etc/passwd", "root:x:0:0:root:/home/me:/bin/sh\n"),
  capabilities: (system) => system.put("/proc/self/status", "Name:\tcoffer\nCapEff:\t0000000000200000\n"),
  "the processors": (system) => system.put("/sys/devices/system/cpu/online", "0-1\n"),
  "a file system": (system) => system.put("/proc/self/mountinfo", mountinfo.replace("ext4", "nfs")),
  cgroups: (system) => system.put("/proc/self/cgroup", "0::/other\n"),
  "a file of /etc": (system) => system.put("/etc/services", ""),
  "a file of /etc that a sandbox has a copy of": (system) => system.put("/etc/protocols", "udp 17 UDP\n"),
  "such a file that only root may read": (system) => system.put("/etc/protocols", "tcp 6 TCP\n", { mode: 0o600 }),
};

for (const [title, change] of Object.entries(changes))
  for (const [what, call] of Object.entries({ "can be read": {}, "can be written": { writable: true } }))
    test(`what has changed counts, where the tree ${what}: ${title}`, async (t) => {
      const system = makeHost();
      await run(system, call);
      t.true((await run(system, call)).known);
      change(system);
      const expected = makeHost();
      change(expected);
      const { plan } = await run(expected, { ...call, anew: true });
      t.deepEqual((await run(system, call)).plan, plan);
      t.deepEqual((await run(system, call)).plan, plan);
    });

test("other processes' numbers do not count", async (t) => {
  const system = makeHost();
  await run(system);
  system.put("/proc/self/status", (files["/proc/self/status"] ?? "").replace("Pid:\t7", "Pid:\t8"));
  t.true((await run(system)).known);
});

test("files that people work on do not count", async (t) => {
  const system = makeHost();
  await run(system, { writable: true });
  system.put("/work/new/file.c", "");
  system.put("/work/source.c", "int x;");
  t.true((await run(system, { writable: true })).known);
});

test("what is warned of is warned of in each call", async (t) => {
  const system = makeHost();
  await run(system);
  system.put("/work/id_rsa", "");
  for (let count = 0; count < 3; count++) {
    const { known, warnings } = await run(system);
    t.false(known);
    t.is(warnings.length, 1);
  }
});

/** With any of it the first call is another question. */
const questions: Readonly<Record<string, Call>> = {
  "another program of ours": { build: "other" },
  "another command": { args: ["false"] },
  "another directory": { cwd: "/work/coffer" },
  "another path": { read: ["/root/.npmrc"] },
  "another PATH inside": { env: { PATH: "/opt/bin" } },
  "no HOME inside": { env: { HOME: undefined } },
  "a weaker sandbox": { unsafe: ["no-seccomp"] },
  "a terminal": { stdio: undefined, caller: { isInteractive: true } },
  "a terminal for the output alone": { caller: { isOutputTerminal: true } },
  "another group": { caller: { gid: 5 } },
  "further groups": { caller: { groups: [5] } },
  "another kernel": { caller: {} },
  "another HOME": { caller: { env: { HOME: "/work" } } },
  "denials that are explained": { watch: true },
  "an agent's socket": { caller: { env: { SSH_AUTH_SOCK: "/tmp/agent" } } },
};

for (const [title, call] of Object.entries(questions))
  test(`${title} is another question`, async (t) => {
    const system = makeHost();
    await run(system);
    const uname: MemorySystem["uname"] =
      title === "another kernel" ? () => ({ system: "Linux", release: "7.1.0", machine: "x86_64" }) : system.uname;
    const other = { ...system, uname };
    t.false((await run(other, call)).known);
    t.deepEqual((await run(other, call)).plan, (await run(other, { ...call, anew: true })).plan);
  });

const neither: Readonly<Record<string, Call>> = {
  "a sandbox with a name": { name: "box" },
  "one with a network": { network: { allow: ["example.org"] } },
  "one that is traced": { trace: true },
  "one under a policy": { guard: { policy: { version: 1 }, find: () => [] } },
  "one with limits": { limits: { pids: 5 } },
  "one with an overlay": { overlay: "discard" },
  "one with a fence": { fence: true, writable: true },
  "one whose word has a NUL": { args: ["true", "a\0b"] },
};

for (const [title, call] of Object.entries(neither))
  test(`${title} is not known`, async (t) => {
    const system = makeHost();
    await run(system, call).catch(() => {});
    t.deepEqual(kept(system), []);
  });

/** What an attacker or a fault may have done to what is kept. */
const damage: Readonly<Record<string, (system: MemorySystem, path: string, bytes: Uint8Array) => void>> = {
  "a byte of it was changed": (system, path, bytes) =>
    system.writeFile(
      path,
      bytes.map((byte, index) => (index === 900 ? byte ^ 1 : byte)),
    ),
  "it was cut": (system, path, bytes) => system.writeFile(path, bytes.slice(0, -1)),
  "it is empty": (system, path) => system.writeFile(path, ""),
  "it has the digest alone": (system, path, bytes) => system.writeFile(path, bytes.slice(0, 64)),
  "the plan is gone": (system) => {
    for (const path of system.entries.keys()) if (/\.plans\/\d+$/.test(path)) system.entries.delete(path);
  },
  "it is the plan of another call": (system, path) => {
    const plan = [...system.entries.keys()].find((name) => /\.plans\/\d+$/.test(name)) ?? "";
    system.writeFile(path, system.readBytes(plan, 1 << 20));
  },
  "others may write to the directory": (system) => system.put(dir, undefined, { mode: 0o707 }),
  "the directory is another user's": (system) => system.put(dir, undefined, { uid: 1000 }),
};

for (const [title, harm] of Object.entries(damage))
  test(`what is kept counts for nothing if ${title}`, async (t) => {
    const { plan } = await run(makeHost(), { anew: true });
    const system = makeHost();
    await run(system);
    const [path = ""] = kept(system);
    harm(system, path, system.readBytes(path, 1 << 20));
    const again = await run(system);
    t.deepEqual(again.plan, plan);
    if (title !== "the plan is gone") t.false(again.known);
  });

test("an explained sandbox is judged by what it shows, and not by what its program has made", async (t) => {
  const system = makeHost();
  const { onLaunch } = system;
  system.onLaunch = (...request) => {
    system.put("/work/.env", "A=1");
    return onLaunch(...request);
  };
  for (const expected of [false, true]) {
    const look = (running: RunningSandbox): void => {
      t.false(running.rules().some(({ path, access }) => path === "/work/.env" && access === "deny"));
    };
    const { known } = await run(system, { watch: true, writable: true, cwd: "/work", look });
    t.is(known, expected);
    system.entries.delete("/work/.env");
  }
});

test("the mounts are asked for first, whenever they were noted", (t) => {
  const log = makeLog();
  log.note("kind", "/etc", kindBytes("directory"));
  log.note("file", "/proc/self/mountinfo", Uint8Array.of(7));
  log.note("kind", "/usr", kindBytes("directory"));
  const text = decodeText(log.bytes() ?? new Uint8Array());
  t.deepEqual(text.match(/\/[a-z/]+/g), ["/proc/self/mountinfo", "/etc", "/usr"]);
});

test("what the host replaces once the launch has begun is told", async (t) => {
  const memory = makeHost();
  memory.put("/work/.env", "A=SECRET");
  let isReplaced = false;
  const system: MemorySystem = {
    ...memory,
    stat: (path, options) => ({ ...memory.stat(path, options), inode: isReplaced && path === "/work/.env" ? 2n : 1n }),
    launch: async (request) => {
      const launch = await memory.launch(request);
      const nextEvent = async () => {
        isReplaced = true;
        return launch.nextEvent();
      };
      return { ...launch, nextEvent };
    },
  };
  const { warnings } = await run(system, { cwd: "/work" });
  t.deepEqual(warnings, ['"/work/.env" was hidden until the host replaced it: from then on the sandbox could read it']);
});
