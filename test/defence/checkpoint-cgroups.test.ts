// CRIU takes down every cgroup below that of the container: where this is the root of a hierarchy, those of everybody.
import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { ok } from "../helpers/container.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import { countOf, counts, makeCounter, paths, restore, restoreWords, runPiped } from "../helpers/criu/checkpoint.ts";
import type { Field } from "../helpers/criu/criu-images.ts";
import { changeImage, decode, encode, within } from "../helpers/criu/criu-images.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import { runVerb } from "../helpers/peers/runtimes.ts";

/** Directories (field 2 of a controller and of each directory) with the tag in their names, and those on the way there. */
const tagged =
  (tag: string) =>
  (fields: readonly Field[]): readonly Field[] =>
    fields.flatMap(([number, value]): readonly Field[] => {
      if (number !== 2 || typeof value === "bigint") return [[number, value]];
      return Buffer.from(value).includes(tag) ? [[number, encode(tagged(tag)(decode(value)))]] : [];
    });

/** Has runc write a checkpoint. On a busy machine runc sometimes says "container still running", and a second try succeeds. */
async function dumpByRunc(t: ExecutionContext, box: Counter): Promise<void> {
  let told = "";
  for (let tries = 0; tries < 4; tries++) {
    const { exitCode, stderr } = await runVerb("runc", box, "checkpoint", [...paths(box), box.tag], { mode: "v1" });
    if (exitCode === 0) return;
    told = stderr;
  }
  t.fail(told);
}

test.serial("cgroups of others that a checkpoint names are not made again, as they are by runc", async (t) => {
  if (!(await needs(t, "root", "criu", "runc", "hybrid-cgroups"))) return;
  const box = makeCounter(t);
  const theirs = { ...box, state: `${box.base}/runc` };
  // A runc that does not see this hierarchy leaves its container in the root.
  const other = join("/sys/fs/cgroup/unified/coffer-test", `${box.tag}-other`);
  await runPiped(t, theirs, "run", ["--detach", "--bundle", box.path, box.tag], "runc", "v1");
  await counts(box, 2);
  mkdirSync(other, { recursive: true });
  await dumpByRunc(t, theirs);
  await runVerb("runc", theirs, "delete", ["--force", box.tag], { mode: "v1" });
  rmdirSync(other);
  // Those of tests that run beside this one are named too, and would be made again when they have been removed.
  const image = readdirSync(box.images).find((name) => name.startsWith("cgroup")) ?? "";
  changeImage(join(box.images, image), (entries) => entries.map((entry) => within(entry, 2, tagged(box.tag))));
  await restore(t, box, countOf(box));
  t.false(existsSync(other), "coffer");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
  await beside(t, ["runc"], async (tt) => {
    await runPiped(tt, theirs, "restore", restoreWords(box), "runc", "v1");
    tt.true(existsSync(other), "runc");
  });
  if (existsSync(other)) rmdirSync(other);
  await runVerb("runc", theirs, "delete", ["--force", box.tag], { mode: "v1" });
  await nothingLeft(t, box, box.before);
});
