// What test/sandbox/user-network.test.ts and its neighbour show can be lost: without one part of the op, it is.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { buildWeakened } from "../defence/matrix/weaken.ts";
import type { Edit } from "../defence/weakened.ts";
import { start, until } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { findStack } from "./network/stack.ts";
import type { World } from "./network/world.ts";
import { abstractListener, far, makeWorld, port, program } from "./network/world.ts";

const file = "network/user-network.c";

/** The program of the tests in the place of pasta says what it may do. */
async function takenOver({ enter, host, run }: World, t: ExecutionContext): Promise<string> {
  const listener = start([...enter, process.execPath, "-e", abstractListener]);
  t.teardown(() => void process.kill(listener.pid));
  await listener.saw("listening");
  await host(`mount --bind ${program()} /usr/bin/pasta`);
  return (await run([], "true")).stderr;
}

async function attacked({ run }: World): Promise<string> {
  return (await run([], "./network", "attack", far.private, `${port}`)).stdout;
}

/** Says whether the stack is there after the launcher was killed. */
async function killed({ begin }: World): Promise<string> {
  const running = begin([], "sh", "-c", "echo begun; sleep 100");
  await running.saw("begun");
  const { stack, keeper, launcher } = await findStack(running.pid);
  process.kill(launcher, "SIGKILL");
  await running.done;
  const isThere = (): boolean => {
    try {
      return !readFileSync(`/proc/${stack}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  };
  await until("it is gone", () => !isThere(), 2000).catch(() => undefined);
  const left = isThere() ? "left" : "gone";
  if (left === "left") process.kill(keeper, "SIGKILL");
  return left;
}

interface Weakened {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly look: (world: World, t: ExecutionContext) => Promise<string>;
  readonly seen: RegExp;
}

const rows: readonly Weakened[] = [
  {
    title: "without the rules every way leads to a private network",
    edits: [{ file, from: "err = address_rules_set(stack->rules, stack->rules_size);", to: "err = 0;" }],
    look: attacked,
    seen: /reached by a connection\n[\s\S]*reached by SO_BINDTODEVICE\n/,
  },
  {
    title: "rules that block a connection and no datagram let datagrams through",
    edits: [
      {
        file: "network/address-rules.c",
        from: "	what->family = AF_INET_;\n",
        to: "	what->family = AF_INET_;\n	what->proto = 6;\n",
      },
    ],
    look: attacked,
    seen: /^reached by [\s\S]*reached by UDP\n/,
  },
  {
    title: "without Landlock its program listens on the host, and connects to abstract sockets",
    edits: [{ file, from: "		err = landlock_give_up(&rights);", to: "		err = 0;" }],
    look: takenOver,
    seen: /listens 1 abstract 1/,
  },
  {
    title: "without the closing its program has descriptors of the launcher",
    edits: [
      {
        file,
        from: "		err = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);",
        to: "		err = sys_fcntl(stack->user, F_SETFD, 0);",
      },
    ],
    look: takenOver,
    seen: /further [1-9]/,
  },
  {
    title: "without the dropping its program has every right in the sandbox's user namespace",
    edits: [
      {
        file,
        from: "#define NEEDED_CAPS (1U << CAP_NET_ADMIN | 1U << CAP_SYS_ADMIN)",
        to: "#define NEEDED_CAPS 0xffffffffU",
      },
    ],
    look: takenOver,
    seen: /caps 00000000ffffffff/,
  },
  {
    title: "without process 1 that watches the launcher, its program stays",
    edits: [
      { file, from: "pid = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0);", to: "pid = 0;" },
      {
        file,
        from: "fds[2] = {{0, POLLIN_, 0}, {1, POLLIN_, 0}};",
        to: "fds[2] = {{0, POLLIN_, 0}, {-1, POLLIN_, 0}};",
      },
    ],
    look: killed,
    seen: /^left$/,
  },
];

for (const { title, edits, look, seen } of rows)
  test.serial(title, async (t) => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "userns", "ip", "pasta", "gcc"))) return;
    const { helper } = buildWeakened(edits);
    const world = await makeWorld(t, "root", "true", { COFFER_HELPER: helper ?? "" });
    t.regex(await look(world, t), seen);
  });
