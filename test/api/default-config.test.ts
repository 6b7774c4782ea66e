// What `run` of the TypeScript API gives a root directory that has no config: what `coffer spec` writes.
import { chmodSync, chownSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Weakening } from "@coffer/core";
import { CofferError, openRuntime, run } from "@coffer/core";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import type { ProbeFacts } from "../helpers/facts.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

function optionsOf(box: Box, ...args: readonly string[]) {
  const runtime = openRuntime({ root: box.state });
  return { runtime, rootfs: box.rootfs, id: box.tag, args: ["/probe", ...args] } as const;
}

/** The namespaces that are the host's. */
const sharedWithHost = ({ namespaces }: ProbeFacts): readonly string[] =>
  Object.keys(namespaces)
    .filter((type) => namespaces[type] === readlinkSync(`/proc/self/ns/${type}`))
    .sort();

test.serial("a root directory runs as in what coffer spec writes", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const facts = parseFacts((await run(optionsOf(box, "facts"))).stdout);
  t.like(facts, { uid: [0, 0, 0], noNewPrivs: 1, seccomp: 2 });
  const hostID = Number(/^\s*0\s+(\d+)\s+65536\s*$/.exec(facts.uidMap)?.[1]);
  t.true(hostID >= 600_100_000 && hostID < 1_879_048_191, facts.uidMap);
  t.deepEqual(sharedWithHost(facts), ["time"]);
  await nothingLeft(t, box, box.before);
});

test.serial("a root directory that the container's ids may not enter is an error that says what to do", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  chmodSync(box.rootfs, 0o700);
  const error = await run(optionsOf(box, "facts")).catch((thrown: unknown) => thrown);
  chmodSync(box.rootfs, 0o755);
  t.true(CofferError.is(error, "E_LAUNCH_FAILED"));
  t.regex(String(error), /\/root\/path: [^\n]*\(EACCES\): [^\n]*let others search it \(chmod o\+x\)/);
  await nothingLeft(t, box, box.before);
});

const givesUp = test.macro({
  title: (_, unsafe: Weakening) => `what is given up has a word: ${unsafe}`,
  exec: async (t, unsafe: Weakening, seen: (facts: ProbeFacts) => unknown, expected: unknown) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const facts = async (options: { readonly unsafe?: readonly Weakening[] }) =>
      parseFacts((await run({ ...optionsOf(box, "facts"), ...options })).stdout);
    t.deepEqual(seen(await facts({ unsafe: [unsafe] })), expected);
    t.notDeepEqual(seen(await facts({})), expected);
    await nothingLeft(t, box, box.before);
  },
});
test.serial(givesUp, "host-root", sharedWithHost, ["time", "user"]);
test.serial(givesUp, "host-network", sharedWithHost, ["net", "time"]);
test.serial(givesUp, "no-seccomp", ({ seccomp }) => seccomp, 0);
test.serial(givesUp, "new-privileges", ({ noNewPrivs }) => noNewPrivs, 0);

test.serial("a root that can be written belongs to the container's root, or to root of the host", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const options = { ...optionsOf(box, "write", "/made", "hi"), writable: true };
  const error = await t.throwsAsync(async () => run(options), { instanceOf: CofferError, code: "E_USAGE" });
  const id = Number(/chown -R (\d+):/.exec(error?.message ?? "")?.[1]);
  await nothingLeft(t, box, box.before, "rootfs");
  t.is((await run({ ...options, unsafe: ["host-root"] })).exitCode, 0);
  t.is(readFileSync(join(box.rootfs, "made"), "utf8"), "hi");
  rmSync(join(box.rootfs, "made"));
  chownSync(box.rootfs, id, id);
  t.is((await run(options)).exitCode, 0);
  t.is(statSync(join(box.rootfs, "made")).uid, id);
});

test.serial("what is given up is the default config's", async (t) => {
  const box = makeBox(t);
  const { runtime } = optionsOf(box);
  for (const options of [{ unsafe: ["host-root"] }, { pidOnlyProc: true }] as const)
    await t.throwsAsync(async () => run({ runtime, bundle: box.path, ...options }), { code: "E_USAGE" });
  await nothingLeft(t, box, box.before, "rootfs");
});
