// Files that the caller names and that are no files: each verb ends at once, says which, and leaves nothing.
import { execFileSync } from "node:child_process";
import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { makeBundle } from "../helpers/bundle.ts";
import { snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";
import { refused } from "./refused.ts";

type Row = {
  readonly title: string;
  /** Makes `at` in the test's directory. The devices are of a driver that there is not. */
  readonly make: string;
  readonly verb: string;
  readonly args: readonly string[];
  readonly error: RegExp;
};

const create = ["--bundle", "$BASE/bundle", "$TAG"];
const fifo = "mkfifo at";
const block = "mknod at b 259 1048575";
const linkToBlock = "mknod node b 259 1048575; ln -s node at";
const noReader = /at"?: no such device or address/;
const device = /at"?: operation not permitted/;
const link = /at"?: it is a symbolic link/;

const rows: readonly Row[] = [
  {
    title: "a FIFO as pid file",
    make: fifo,
    verb: "create",
    args: ["--pid-file", "$BASE/at", ...create],
    error: noReader,
  },
  {
    title: "a block device as pid file",
    make: block,
    verb: "create",
    args: ["--pid-file", "$BASE/at", ...create],
    error: device,
  },
  {
    title: "a link to a block device as pid file",
    make: linkToBlock,
    verb: "create",
    args: ["--pid-file", "$BASE/at", ...create],
    error: link,
  },
  {
    title: "a FIFO for a plan",
    make: fifo,
    verb: "plan",
    args: ["--raw", "$BASE/at", "$BASE/bundle"],
    error: noReader,
  },
  {
    title: "a link to a block device for a plan",
    make: linkToBlock,
    verb: "plan",
    args: ["--raw", "$BASE/at", "$BASE/bundle"],
    error: link,
  },
  {
    title: "a block device for a timeline",
    make: block,
    verb: "run",
    args: ["--trace=$BASE/at", ...create],
    error: device,
  },
  {
    title: "a FIFO as log",
    make: fifo,
    verb: "start",
    args: ["--log", "$BASE/at", "$TAG"],
    error: /cannot write the log .*no such device/,
  },
  {
    title: "a block device as log",
    make: block,
    verb: "start",
    args: ["--log", "$BASE/at", "$TAG"],
    // Without a driver the device cannot be opened at all: ENXIO would say that it was tried.
    error: /cannot write the log .*(?:EPERM|operation not permitted)/,
  },
  {
    title: "a config that is a link to a device",
    make: "ln -sf /dev/zero bundle/config.json; touch at",
    verb: "create",
    args: create,
    error: /config\.json"?: operation not permitted/,
  },
  {
    title: "a policy that is a device",
    make: "ln -s /dev/zero at",
    verb: "create",
    args: ["--policy", "$BASE/at", ...create],
    error: device,
  },
  {
    title: "a stored plan that is a device",
    make: "ln -s /dev/zero at",
    verb: "run",
    args: ["--plan", "$BASE/at"],
    error: device,
  },
];

const isRefused = test.macro({
  exec: async (t, { make, verb, args, error }: Row) => {
    if (!(await needs(t, "root"))) return;
    const bundle = makeBundle(t);
    execFileSync("sh", ["-ec", make], { cwd: bundle.base });
    const before = snapshot(bundle);
    const inode = lstatSync(join(bundle.base, "at")).ino;
    const words = args.map((word) => word.replaceAll("$BASE", bundle.base).replaceAll("$TAG", bundle.tag));
    const outcome = await coffer(bundle, verb, words, { timeoutMs: 30_000 });
    if (verb === "start" || args.includes("--trace=$BASE/at")) t.regex(outcome.stderr, error);
    else await refused(t, bundle, before, outcome, { error, exitCode: verb === "run" ? 125 : 1 });
    t.is(lstatSync(join(bundle.base, "at")).ino, inode, "nothing took its place");
  },
  title: (_provided, { title }: Row) => title,
});

for (const row of rows) test.serial(isRefused, row);

test.serial("a stored plan is as private as its config may be", async (t) => {
  const bundle = makeBundle(t);
  const file = join(bundle.base, "plan");
  const outcome = await coffer(bundle, "plan", ["--raw", file, bundle.path]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.is(statSync(file).mode & 0o777, 0o600);
});
