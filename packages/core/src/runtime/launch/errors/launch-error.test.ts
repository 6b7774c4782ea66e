import test from "ava";
import type { ErrorCode } from "../../../errors.ts";
import { CofferError } from "../../../errors.ts";
import type { Plan, PlanOp } from "../../../wire/op.ts";
import type { Report } from "../../../wire/report/report.ts";
import { toLaunchError } from "./launch-error.ts";

const plan: Plan = {
  kind: "create",
  inputs: [{ name: "rootfs", type: "dir" }],
  ops: [
    { op: "open-root", phase: "host", out: "host" },
    {
      op: "set-rlimit",
      phase: "parent",
      process: "init",
      resource: 7,
      soft: 1,
      hard: 2,
      raise: 0,
      from: "/process/rlimits/0",
    },
    { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "/proc/kcore", why: "masked" },
    { op: "find-exec", phase: "drop", candidates: ["/usr/bin/foo", "/bin/foo"] },
    { op: "exec", phase: "exec", args: ["foo"] },
    { op: "sysctl", phase: "inside", parameters: "parameters", key: "kernel/sem", value: "1 2", expect: "1\t2" },
  ],
};

const failed: Report = {
  state: "failed",
  phase: "host",
  errno: 0,
  code: "call-failed",
  pid: 0,
  status: { kind: "exited", code: 0 },
  startTime: 0n,
  inode: 0n,
  detail: 0n,
  nanoseconds: 0n,
};

const tells = test.macro((t, report: Partial<Report>, code: ErrorCode, message: RegExp, of: Plan = plan) => {
  const error = toLaunchError(of, { ...failed, ...report });
  t.true(CofferError.is(error));
  t.is(error.code, code);
  t.regex(error.message, message);
});

test(
  "a kernel call: field, op, call, errno, remedy",
  tells,
  { op: 1, errno: 1, phase: "parent" },
  "E_LAUNCH_FAILED",
  /^unable to start container process: \/process\/rlimits\/0: op 1 set-rlimit: prlimit64: operation not permitted \(EPERM\): raising a hard limit needs CAP_SYS_RESOURCE/,
);
test(
  "an op with a path names it",
  tells,
  { op: 2, errno: 22 },
  "E_LAUNCH_FAILED",
  /op 2 mask "\/proc\/kcore".*: masked$/,
);
test(
  "an op of every container, which no field asks for",
  tells,
  { op: 0, errno: 1 },
  "E_LAUNCH_FAILED",
  /^unable to start container process: op 0 open-root: /,
  { ...plan, ops: [{ op: "open-root", phase: "host", out: "host", from: "" }] },
);
test(
  "a verb that starts nothing does not say that it could not start",
  tells,
  { op: 0, errno: 16 },
  "E_LAUNCH_FAILED",
  /^cannot carry out the plan: \/linux\/cgroupsPath: op 0 freeze-cgroup: /,
  {
    kind: "host",
    inputs: [],
    ops: [
      {
        op: "freeze-cgroup",
        phase: "host",
        cgroup: "cgroup",
        version: 2,
        frozen: 1,
        timeoutMs: 1,
        from: "/linux/cgroupsPath",
      },
    ],
  },
);
test("an errno without a name", tells, { op: 0, errno: 4000 }, "E_LAUNCH_FAILED", /errno 4000/);
test("a read-back", tells, { op: 1, code: "read-back", detail: 5n, errno: 22 }, "E_LAUNCH_FAILED", /read back 5/);
test(
  "a text that was read back",
  tells,
  { op: 5, code: "read-back", detail: 9n, errno: 1 },
  "E_LAUNCH_FAILED",
  /op 5 sysctl: .*what was read back is not "1\\x092"/,
);
test(
  "an op of the container's own plan, which start is told of",
  tells,
  { op: 194, opName: "load-seccomp", phase: "exec", errno: 1 },
  "E_LAUNCH_FAILED",
  /op 194 load-seccomp of the container's plan: seccomp: operation not permitted \(EPERM\)/,
  { kind: "host", inputs: [], ops: plan.ops },
);
test("a failure of no op", tells, { errno: 12 }, "E_LAUNCH_FAILED", /cannot launch .*ENOMEM/);
test("an init that was killed", tells, { code: "init-ended" }, "E_LAUNCH_FAILED", /init ended before its program ran/);
for (const [detail, told] of [
  [0n, /init was killed, perhaps for want of memory$/],
  [0x8000_0089n, /init was ended by signal 9, perhaps for want of memory$/],
  [0x8000_008bn, /init was ended by signal 11$/],
  [3n, /init ended by itself, with status 3$/],
] as const)
  test(`an init that ended as ${detail} says`, tells, { code: "init-ended", detail }, "E_LAUNCH_FAILED", told);
test("an init that was killed beneath a limit names the limit", (t) => {
  const limit: PlanOp = {
    op: "write-cgroup",
    phase: "parent",
    cgroup: "cgroup",
    file: "memory.max",
    value: "1000",
    from: "/linux/resources/memory/limit",
  };
  const messageOf = (ops: readonly PlanOp[], detail = 0n) =>
    toLaunchError({ ...plan, ops }, { ...failed, code: "init-ended", detail }).message;
  t.regex(messageOf([limit]), /raise \/linux\/resources\/memory\/limit$/);
  t.regex(messageOf([limit], 0x8000_0089n), /raise \/linux\/resources\/memory\/limit$/);
  t.notRegex(messageOf([limit], 0x8000_008bn), /limit/);
  t.notRegex(messageOf([]), /limit/);
});
test(
  "a satellite that was killed",
  tells,
  { op: 1, code: "satellite-failed", errno: 10 },
  "E_LAUNCH_FAILED",
  /op 1 .*the satellite that does it has ended \(ECHILD\)/,
);
test("a refused plan", tells, { code: "plan-refused", detail: 1n }, "E_PLAN_REFUSED", /bad-magic/);
test(
  "a plan beyond a limit",
  tells,
  { code: "plan-refused", errno: 27 },
  "E_PLAN_REFUSED",
  /before it was read: .*EFBIG/,
);
test("a rule that is not known", tells, { code: "plan-refused", detail: 9999n, op: 3 }, "E_PLAN_REFUSED", /9999/);
test("an input", tells, { code: "bad-input", errno: 20 }, "E_INPUT", /"rootfs" .*not a directory/);

test(
  "a program that PATH has not",
  tells,
  { code: "no-program", errno: 2 },
  "E_EXEC_NOT_FOUND",
  /^unable to start container process: exec: "foo": executable file not found in \$PATH$/,
);
test(
  "a program without the right",
  tells,
  { code: "no-program", errno: 13 },
  "E_EXEC_PERMISSION",
  /"foo": permission denied$/,
);
test("a directory", tells, { code: "no-program", errno: 21 }, "E_EXEC_PERMISSION", /"foo": is a directory$/);
test(
  "a program without its interpreter",
  tells,
  { op: 4, errno: 2 },
  "E_EXEC_NOT_FOUND",
  /"foo": no such file or directory: the program is there, and its interpreter/,
);
test("a program of the wrong form", tells, { op: 4, errno: 8 }, "E_LAUNCH_FAILED", /"foo": exec format error/);

const absolute: Plan = { ...plan, ops: plan.ops.map((op) => (op.op === "exec" ? { ...op, args: ["/foo"] } : op)) };
test(
  "a path that is not there",
  tells,
  { code: "no-program", errno: 2 },
  "E_EXEC_NOT_FOUND",
  /exec: "\/foo": stat \/foo: no such file or directory$/,
  absolute,
);

const networked: Plan = {
  ...plan,
  ops: [
    {
      op: "start-network",
      phase: "parent",
      process: "init",
      proc: "proc",
      program: "pasta",
      args: ["pasta"],
      rules: new Uint8Array(8),
      uid: 0,
      gid: 0,
      timeoutMs: 1,
    },
  ],
};
const tun = "Failed to open() /dev/net/tun: Permission denied ";
const stacks: readonly (readonly [title: string, report: Partial<Report>, code: ErrorCode, message: RegExp])[] = [
  ["lacks XFRM", { errno: 93 }, "E_LAUNCH_FAILED", /op 0 start-network: .*load the module xfrm_user, or leave --net/],
  ["lacks a device", { errno: 10, told: tun }, "E_HOST_UNSUPPORTED", /cannot be made: pasta: Failed .*: chmod 666/],
  ["has ended at once", { errno: 10, told: "so\n" }, "E_HOST_UNSUPPORTED", /pasta: so: look at what pasta\(1\) says$/],
  ["has ended since", { errno: 100 }, "E_HOST_UNSUPPORTED", /^the network is gone: pasta has ended: a signal/],
];
for (const [title, report, code, message] of stacks)
  test(`a user-mode network that ${title}`, tells, { op: 0, phase: "parent", ...report }, code, message, networked);
