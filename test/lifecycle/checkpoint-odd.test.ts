// Checkpoints of containers with odd mounts, several rounds into one directory, and CRIU's own configuration.
import { chmodSync, existsSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { start, until } from "../helpers/command.ts";
import { ok, stateOf } from "../helpers/container.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import { countOf, counts, dump, makeCounter, restore, restoreWords, startCounter } from "../helpers/criu/checkpoint.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const bind = (destination: string, source: string): Json => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", "ro"],
});

const rounds = test.macro({
  title: (title = "") => `it goes on twice: ${title}`,
  async exec(t: ExecutionContext, patch: Patch, prepare: (box: Counter) => void = () => {}) {
    if (!(await needs(t, "root", "criu"))) return;
    const box = makeCounter(t, patch);
    prepare(box);
    await startCounter(t, box);
    for (let round = 0; round < 2; round += 1) {
      await dump(t, box);
      chmodSync(box.images, 0o711);
      await restore(t, box, countOf(box));
    }
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

test.serial("with images of the first round beside those of the second", rounds, {});

test.serial(
  "a bind on a link of the image",
  rounds,
  { "/mounts/-": bind("/link/in", "$BASE/canary") },
  ({ rootfs }) => {
    mkdirSync(join(rootfs, "other/in"), { recursive: true });
    symlinkSync("/other", join(rootfs, "link"));
  },
);

test.serial(
  "a bind in a bind",
  rounds,
  { "/mounts/6": bind("/mnt", "$BASE/outer"), "/mounts/7": bind("/mnt/in", "$BASE/canary") },
  ({ base }) => mkdirSync(join(base, "outer/in"), { recursive: true }),
);

test.serial("streams that are files of the host are other files after the restore", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  const from = (name: string) => {
    writeFileSync(join(box.base, name), "");
    return { prefix: ["bash", "-c", 'exec "$@" <"$0" >/dev/null 2>&1', join(box.base, name)] };
  };
  await ok(t, box, "run", ["--detach", "--bundle", box.path, box.tag], from("first"));
  await counts(box, 2);
  await dump(t, box);
  await ok(t, box, "restore", restoreWords(box), from("second"));
  await counts(box, countOf(box));
  const { pid } = await stateOf(t, box);
  t.is(readlinkSync(`/proc/${pid}/fd/0`), join(box.base, "second"));
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("CRIU reads the configuration that the annotation names, if nobody else can write it", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t, { "/annotations": { "org.criu.config": "$BASE/criu.conf" } });
  const file = join(box.base, "criu.conf");
  writeFileSync(file, "no-such-option\n", { mode: 0o600 });
  await startCounter(t, box);
  const words = ["--image-path", box.images, "--leave-running", box.tag];
  t.not((await coffer(box, "checkpoint", words)).exitCode, 0, "CRIU refuses what is in it");
  chmodSync(file, 0o666);
  const { stderr } = await coffer(box, "checkpoint", words);
  t.regex(stderr, /\/annotations\/org\.criu\.config: .*cannot be trusted: .*others may write to it/);
  writeFileSync(file, "# nothing\n");
  chmodSync(file, 0o600);
  t.is((await coffer(box, "checkpoint", words)).exitCode, 0);
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("restore --lazy-pages takes the memory from `criu lazy-pages`", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  await dump(t, box);
  const words = ["--images-dir", box.images, "--work-dir", box.work];
  const server = start(["criu", "lazy-pages", ...words, "-o", "lazy.log"], { timeoutMs: 60_000 });
  await until("it listens", () => existsSync(join(box.work, "lazy-pages.socket")));
  await restore(t, box, countOf(box), "--lazy-pages");
  t.is((await server.done).exitCode, 0, "it has sent everything");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("restore --lazy-pages without anybody who has the memory fails, and leaves nothing", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  await dump(t, box);
  t.not((await coffer(box, "restore", restoreWords(box, "--lazy-pages"))).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
