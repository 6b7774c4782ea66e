// The helper as any orchestrator sees it: what it takes as a plan and as inputs, and what it reports.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import type { Plan, PlanOp } from "../../packages/core/src/wire/op.ts";
import { decodeReports } from "../../packages/core/src/wire/report/report.ts";
import { tools } from "../helpers/build.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { needs } from "../helpers/needs.ts";
import { failed, hello, protocolTools, succeeded, tryPlan } from "./expect.ts";
import { helper, launch, storePlan } from "./launch.ts";
import { createPlan } from "./plans.ts";

const EBADF = 9;
const ENOENT = 2;
const ENOEXEC = 8;
const ENOTDIR = 20;
const EISDIR = 21;

test.serial("a plan in a file", async (t) => succeeded(t, await tryPlan(t, hello)));

test.serial("a plan with a user namespace, whose maps have more lines than the kernel keeps in order", async (t) => {
  const uids = "20 100020 1\n0 100000 1\n9 100009 1\n5 100005 1\n7 100007 1\n3 100003 1\n1 100001 1\n";
  const plan = createPlan({ args: ["probe", "echo", "hello"], userns: true, uids });
  succeeded(t, await tryPlan(t, plan));
});

test.serial("a plan in a sealed memfd", async (t) =>
  succeeded(t, await tryPlan(t, hello, () => ({ prefix: [protocolTools(), "memfd", "all", "3", "--"] }))),
);

test.serial("a sealed memfd on descriptor 0, which then is the container's stdin as well", async (t) => {
  const plan = createPlan({ args: ["probe", "facts"] });
  const launched = await tryPlan(t, plan, ({ rootfs }) => ({
    prefix: [protocolTools(), "memfd", "all", "0", "--"],
    words: ["launch", "--plan-fd", "0", "--report-fd", "4", "--input", `rootfs=${rootfs}`],
  }));
  if (launched === undefined) return;
  t.is(launched.exitCode, 0);
  t.regex(launched.stdout, /memfd:test-plan/);
  t.notRegex(launched.stdout, /signalfd|anon_inode/);
});

test.serial("a memfd that is not sealed is refused", async (t) => {
  const launched = await tryPlan(t, hello, () => ({ prefix: [protocolTools(), "memfd", "none", "3", "--"] }));
  failed(t, launched, { code: "plan-refused", errno: 1 });
});

test.serial("a plan that comes slowly through a pipe that does not block", async (t) =>
  succeeded(t, await tryPlan(t, hello, () => ({ prefix: [protocolTools(), "slow-pipe", "--"] }))),
);

test.serial("every cut of a plan is refused", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bytes = encodePlan(hello);
  const bundle = makeBundle(t);
  for (let size = 0; size < bytes.length; size += 97) {
    const [report] = (await launch(bundle, bytes.subarray(0, size))).reports;
    t.is(report?.code, "plan-refused", `${size} bytes`);
  }
});

test.serial("an input that is missing", async (t) =>
  failed(t, await tryPlan(t, hello, () => ({ inputs: [] })), { code: "bad-input", errno: 126 }),
);

test.serial("an input that is not there", async (t) =>
  failed(t, await tryPlan(t, hello, (b) => ({ inputs: [`rootfs=${b.base}/none`] })), {
    code: "bad-input",
    errno: ENOENT,
  }),
);

test.serial("a file for a directory", async (t) =>
  failed(t, await tryPlan(t, hello, (b) => ({ inputs: [`rootfs=${b.path}/config.json`] })), {
    code: "bad-input",
    errno: ENOTDIR,
  }),
);

test.serial("a descriptor that is not open", async (t) =>
  failed(t, await tryPlan(t, hello, () => ({ inputs: ["rootfs=fd:900"] })), { code: "bad-input", errno: EBADF }),
);

for (const type of ["cgroup", "ns", "socket", "pidfd", "pty", "exec", "proc", "file"] as const)
  test.serial(`a directory for an input of type ${type}`, async (t) => {
    const plan: Plan = {
      kind: "host",
      inputs: [{ name: "it", type }],
      ops: [{ op: "close", phase: "host", slot: "it" }],
    };
    const launched = await tryPlan(t, plan, (b) => ({ inputs: [`it=${b.rootfs}`] }));
    t.is(launched?.reports[0]?.code, launched && "bad-input");
  });

const O_PATH = 0o10000000;

for (const [what, flags, errno] of [
  ["a directory", 0, EISDIR],
  ["a descriptor of O_PATH", O_PATH, EBADF],
] as const)
  test.serial(`${what} for an input of type file, by its number`, (t) => {
    const bundle = makeBundle(t);
    const plan: Plan = {
      kind: "host",
      inputs: [{ name: "it", type: "file" }],
      ops: [{ op: "close", phase: "host", slot: "it" }],
    };
    const given = openSync(flags === O_PATH ? join(bundle.rootfs, "probe") : bundle.rootfs, flags);
    const file = openSync(storePlan(bundle, plan), "r");
    const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--input", "it=fd:5"];
    const { status, output } = spawnSync(helper(), words, { stdio: ["ignore", "pipe", "pipe", file, "pipe", given] });
    for (const fd of [given, file]) closeSync(fd);
    const [report] = decodeReports(Buffer.from(output[4] ?? ""));
    t.deepEqual([status, report?.code, report?.errno], [125, "bad-input", errno]);
  });

test.serial("a report that is not taken whole is written on", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const trace = join(makeBundle(t).base, "trace");
  const inject = ["-e", "trace=write", "-e", "inject=write:retval=10:when=1"];
  const plan: Plan = { kind: "host", inputs: [], ops: [{ op: "open-root", phase: "host", out: "root" }] };
  await tryPlan(t, plan, () => ({ inputs: [], prefix: ["strace", "-o", trace, ...inject] }));
  t.regex(readFileSync(trace, "utf8"), /, 64\) += 10 \(INJECTED\)\nwrite\(\d+, .*, 54\) += 54\n/);
});

for (const [stdout, stderr] of [
  [1, 1],
  [2, 2],
  [2, 1],
  [1, 2],
] as const)
  test.serial(`stdout=fd:${stdout}, stderr=fd:${stderr}`, async (t) => {
    const plan = createPlan({ args: ["probe", "stderr", "told"] });
    const launched = await tryPlan(t, plan, ({ rootfs }) => ({
      inputs: [`rootfs=${rootfs}`, `stdout=fd:${stdout}`, `stderr=fd:${stderr}`],
    }));
    if (launched === undefined) return;
    t.is(launched.exitCode, 0);
    t.regex(stderr === 1 ? launched.stdout : launched.stderr, /told/);
  });

test.serial("closed standard descriptors do not become anything of ours", async (t) => {
  const plan = createPlan({ args: ["probe", "facts"] });
  const launched = await tryPlan(t, plan, () => ({ prefix: [protocolTools(), "closed", "0,2", "--"] }));
  if (launched === undefined) return;
  t.is(launched.exitCode, 0);
  const links = [...launched.stdout.matchAll(/"fd":(\d+),[^}]*"link":"(\w+:|[^"]*)/g)].map(([, fd, link]) => [
    fd,
    link,
  ]);
  // Descriptor 1 is this test's own.
  t.deepEqual(links, [
    ["0", "/dev/null"],
    ["1", "socket:"],
    ["2", "/dev/null"],
  ]);
});

test.serial("two hundred inherited descriptors stay outside", async (t) => {
  const plan = createPlan({ args: ["probe", "facts"] });
  const launched = await tryPlan(t, plan, ({ canary }) => ({
    prefix: [tools(), "fds", "200", join(canary, "file"), "--"],
  }));
  if (launched === undefined) return;
  t.is(launched.exitCode, 0);
  t.notRegex(launched.stdout, /canary/);
});

test.serial("the times of the ops", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const file = join(bundle.base, "trace");
  closeSync(openSync(file, "w"));
  const words = [
    "launch",
    "--plan-fd",
    "3",
    "--report-fd",
    "4",
    "--trace-fd",
    "9",
    "--input",
    `rootfs=${bundle.rootfs}`,
  ];
  const prefix = ["sh", "-c", 'exec "$@" 9>"$0"', file];
  t.is((await launch(bundle, hello, { prefix, words })).exitCode, 0);
  const times = readFileSync(file);
  t.is(times.length, hello.ops.length * 16);
  for (const [index, op] of hello.ops.entries()) {
    if (op.op === "exec") continue;
    const [start, end] = [times.readBigUInt64LE(index * 16), times.readBigUInt64LE(index * 16 + 8)];
    t.true(start > 0n && end >= start, `${index} ${op.op}`);
  }
});

test.serial("a program for id maps that cannot be executed", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const path = join(bundle.base, "newuidmap");
  writeFileSync(path, "no program\n", { mode: 0o755 });
  const plan = createPlan({ args: ["probe"], userns: true });
  const map = {
    op: "spawn-idmap",
    phase: "parent",
    proc: "host-proc",
    process: "init",
    map: "0 100000 65536\n",
  } as const;
  const open = [
    { op: "open-root", phase: "host", out: "host-root" },
    { op: "open-exec", phase: "host", at: "host-root", path, resolve: 0, out: "program" },
  ] as const;
  const ops = plan.ops.flatMap((op): readonly PlanOp[] => {
    if (op.op === "clone") return [...open, op];
    return op.op === "write-idmap" ? [0, 1].map((gid) => ({ ...map, helper: "program", gid })) : [op];
  });
  const changed = { ...plan, ops };
  failed(t, await launch(bundle, changed), { code: "call-failed", errno: ENOEXEC, op: "spawn-idmap" }, changed);
});
