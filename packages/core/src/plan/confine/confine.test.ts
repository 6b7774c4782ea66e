// What a waiting launcher may still do: the filters are compiled beforehand, so they are asked call by call.
import test from "ava";
import { InternalError } from "../../errors.ts";
import type { Arch } from "../../host/facts.ts";
import { syscallRows } from "../../seccomp/compiler/syscalls.gen.ts";
import { verdictFor } from "../../seccomp/index.ts";
import type { OpOf, PlanOp } from "../../wire/op.ts";
import { planCases } from "../testing/cases.ts";
import { confineFor } from "./confine.ts";

/** With every wait. */
const waiting =
  "clock_gettime close exit_group fcntl fremovexattr ioctl pidfd_send_signal ppoll read restart_syscall unlinkat waitid write";
const cgroups = "getdents64 lseek mmap mremap nanosleep openat2 pidfd_open";
const bus = "connect fchdir fstatfs openat recvmsg sendmsg setsockopt socket";

const opsAfterWait = (name: string): readonly PlanOp[] => {
  const ops = planCases[name]?.().ops ?? [];
  return ops.slice(ops.findIndex(({ op }) => op === "wait")).filter(({ phase }) => phase === "parent");
};

const confined = (name: string, arch: Arch): OpOf<"confine"> => {
  const [wait, ...after] = opsAfterWait(name);
  if (wait?.op !== "wait") throw new Error(`${name} does not wait`);
  return confineFor(wait, after, arch);
};

const allows = test.macro({
  title: (_, name: string, arch: Arch) => `the launcher of ${name} on ${arch} makes the calls it needs and no others`,
  exec: (t, name: string, arch: Arch, calls: readonly string[], fs: number) => {
    const { program, fs: denied } = confined(name, arch);
    const verdicts = syscallRows.map(([call]) => ({ call, verdict: verdictFor(program, arch, call) }));
    t.deepEqual(
      verdicts.flatMap(({ call, verdict }) => (verdict === "allow" ? [call] : [])).sort(),
      calls.flatMap((list) => list.split(" ")).sort(),
    );
    t.true(verdicts.every(({ verdict }) => verdict === undefined || /^(?:allow|kill-process)$/.test(verdict)));
    t.is(denied, fs);
  },
});
for (const arch of ["x86_64", "aarch64"] as const) {
  test(allows, "exec-default", arch, [waiting], 0xffdf);
  test(allows, "root-default", arch, [waiting, cgroups], 0xbfc1);
  test(allows, "root-systemd", arch, [waiting, cgroups, bus], 0xbfc1);
}

test("an op that no filter was made for is a bug of the planner", (t) => {
  const [wait] = opsAfterWait("exec-default");
  if (wait?.op !== "wait") return t.fail();
  const stray: PlanOp = {
    op: "call-bus",
    phase: "parent",
    bus: "bus",
    message: new Uint8Array(),
    job: 0,
    pidAt: 0,
    timeoutMs: 1,
  };
  const error = t.throws(() => confineFor(wait, [stray], "x86_64"), { instanceOf: InternalError });
  t.regex(error.message, /call-bus/);
});
