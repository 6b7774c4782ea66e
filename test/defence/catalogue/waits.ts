// Waits that a container could make endless (R14): docs/security/waits.md.
import { copyFileSync } from "node:fs";
import { buildProgram } from "../../helpers/build.ts";
import type { Patch } from "../../helpers/json.ts";
import { firstLine, refusal } from "../matrix/seen.ts";
import type { Attempt, Row, Stage } from "../matrix/types.ts";
import { bindAt, shown, tried, withCaps } from "./words.ts";

const test = "test/defence/waits.test.ts";
const launcher = "helper-c/wait/poll.c";

/** What a busy machine may need for what is over at once, and for what coffer waits ten seconds for. */
const [quickMs, slowMs] = [8000, 19_000];

const attacks = (...words: readonly string[]): Patch => ({ "/process/args": ["/adversary", ...words] });
const bring = ({ bundle }: Stage): void =>
  copyFileSync(buildProgram("test/adversary/program"), `${bundle.rootfs}/adversary`);

/** A first process that asks a FUSE file system which its child serves, and which never answers. */
const hangsItself: Patch = {
  ...attacks("stall-self", "/mnt"),
  ...withCaps("CAP_SYS_ADMIN"),
  "/mounts/-": bindAt("/dev/fuse", "/dev/fuse", "dev"),
  "/linux/resources/devices": [{ allow: true, type: "c", major: 10, minor: 229, access: "rwm" }],
};

const isDeleted: Attempt["observe"] = async (stage) => {
  bring(stage);
  const { path, tag } = stage.bundle;
  const ran = await stage.verb("run", ["--detach", "--bundle", path, tag]);
  if (ran.exitCode !== 0) return refusal(ran);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const deleted = await stage.verb("delete", ["--force", tag], { timeoutMs: quickMs });
  if (deleted.exitCode === null) return { failed: "delete --force does not end" };
  return deleted.exitCode === 0 ? "ran" : { failed: `it cannot be deleted: ${firstLine(deleted)}` };
};

/** The host's pid namespace: else the tracer would end with the first process. */
const tracesItself: Patch = {
  ...attacks("self-trace"),
  "/linux/namespaces": ["network", "ipc", "uts", "mount"].map((type) => ({ type })),
  "/mounts/0": bindAt("/proc", "/proc", "rbind", "ro"),
};

const statusComes: Attempt["observe"] = async (stage) => {
  bring(stage);
  const { exitCode, signal } = await stage.run({ timeoutMs: slowMs });
  if (signal !== null) return { failed: "run waits for the status that its child's tracer holds" };
  return exitCode === 7 ? "ran" : { failed: `the status is ${exitCode}` };
};

export const waitRows: readonly Row[] = [
  {
    id: "waits: a first process that hangs in its own file system",
    cause: "delete waits for a process that another of the container's holds in the kernel, before it kills that one",
    rules: ["R14"],
    by: ["packages/core/src/plan/existing/lifecycle.ts", launcher],
    show: tried({ patch: hangsItself, observe: isDeleted }),
  },
  {
    id: "waits: a status that a tracer holds",
    cause: "waitid(2) waits for the end of a traced process until the tracer lets go",
    rules: ["R14"],
    by: ["helper-c/wait/reap.c", launcher],
    show: tried({ patch: tracesItself, observe: statusComes }),
  },
  {
    id: "waits: exec, whose init is stopped, traced, or held by a lease or a file system",
    cause: "a process of the container reaches the runtime's own, or what that opens",
    rules: ["R14"],
    by: [launcher, "helper-c/launch/clone.c"],
    show: shown(test, 'attack: ["stop"]'),
  },
  {
    id: "waits: a member of a pod that stops another's init",
    cause: "a shared pid namespace; the other container's lock is held meanwhile",
    rules: ["R14"],
    by: [launcher],
    show: shown(test, "a pod's member that stops init: create ends and holds no lock"),
  },
  {
    id: "waits: the list",
    cause: "a wait that nobody has thought of",
    rules: ["R14"],
    by: ["docs/security/waits.md"],
    show: shown("test/defence/waits-list.test.ts", "every wait of the launcher and of init has its row"),
  },
];
