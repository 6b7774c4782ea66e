// Checkpoints of runc are restored, and runc restores ours. What exec has started is reported as with runc.
import type { ExecutionContext } from "ava";
import test from "ava";
import { ok } from "../helpers/container.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import {
  countOf,
  counts,
  dump,
  makeCounter,
  paths,
  restore,
  restoreWords,
  runPiped,
  startCounter,
} from "../helpers/criu/checkpoint.ts";
import { nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { runVerb } from "../helpers/peers/runtimes.ts";

test.serial("a checkpoint of runc goes on in coffer", async (t) => {
  if (!(await needs(t, "root", "criu", "runc"))) return;
  const box = makeCounter(t);
  const theirs = { ...box, state: `${box.base}/runc` };
  await beside(t, ["runc"], async (tt) => {
    await startCounter(tt, theirs, "runc");
    const { exitCode, stderr } = await runVerb("runc", theirs, "checkpoint", [...paths(box), box.tag]);
    tt.is(exitCode, 0, stderr);
    await restore(tt, box, countOf(box));
    await ok(tt, box, "delete", ["--force", box.tag]);
    await nothingLeft(tt, box, box.before);
  });
});

test.serial("a checkpoint of coffer goes on in runc", async (t) => {
  if (!(await needs(t, "root", "criu", "runc"))) return;
  const box = makeCounter(t);
  const theirs = { ...box, state: `${box.base}/runc` };
  await startCounter(t, box);
  await dump(t, box);
  await beside(t, ["runc"], async (tt) => {
    await runPiped(tt, theirs, "restore", restoreWords(box), "runc");
    await counts(box, countOf(box));
    const { exitCode, stderr } = await runVerb("runc", theirs, "delete", ["--force", box.tag]);
    tt.is(exitCode, 0, stderr);
    await nothingLeft(tt, box, box.before);
  });
});

async function losesItsExec(t: ExecutionContext, box: Counter, name: RuntimeName): Promise<void> {
  await startCounter(t, box, name);
  await runPiped(t, box, "exec", ["--detach", box.tag, "/probe", "sleep", "1000"], name);
  const verb = async (...words: readonly string[]): Promise<string> => {
    const [first = "", ...rest] = words;
    const { exitCode, stdout, stderr } = await runVerb(name, box, first, rest);
    t.is(exitCode, 0, `${name} ${first}: ${stderr}`);
    return stdout;
  };
  await verb("checkpoint", ...paths(box), box.tag);
  t.deepEqual(processesOf(box), [], `${name}: nothing runs`);
  await runPiped(t, box, "restore", restoreWords(box), name);
  await counts(box, countOf(box));
  t.is(JSON.parse(await verb("ps", "--format", "json", box.tag)).length, 1, name);
  await verb("delete", "--force", box.tag);
}

test.serial("a process that exec has started is not in a checkpoint, as with runc", async (t) => {
  if (!(await needs(t, "root", "criu", "runc"))) return;
  const [box, theirs] = [makeCounter(t), makeCounter(t)];
  await beside(t, ["runc"], (tt) => losesItsExec(tt, theirs, "runc"));
  await losesItsExec(t, box, "coffer");
});
