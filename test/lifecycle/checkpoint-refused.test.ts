// What checkpoint and restore refuse, and what a dump that fails leaves: the container as it was.
import { lchownSync, mkdirSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { create, fails, makeBox, ok, stateOf, stopped } from "../helpers/container.ts";
import { countOf, counts, dump, makeCounter, paths, restoreWords, startCounter } from "../helpers/criu/checkpoint.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser } from "../helpers/user.ts";

test.serial("a dump that fails leaves the container running", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t, {}, "lock");
  await startCounter(t, box);
  const log = join(box.work, "dump.log");
  await fails(
    t,
    box,
    "checkpoint",
    [...paths(box), box.tag],
    new RegExp(`criu failed: dump: .*lock.*; log file: ${log}`),
  );
  t.regex(readFileSync(log, "utf8"), /Error/);
  t.is((await stateOf(t, box)).status, "running");
  await counts(box, countOf(box));
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a container of another state is refused", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
  const where = ["--image-path", join(box.base, "images"), box.tag];
  await fails(t, box, "checkpoint", where, /container .* does not exist/);
  await create(t, box);
  await fails(t, box, "checkpoint", where, /Container cannot be checkpointed in created state/);
  await ok(t, box, "start", [box.tag]);
  await stopped(t, box);
  await fails(t, box, "checkpoint", where, /Container cannot be checkpointed in stopped state/);
  await fails(t, box, "restore", ["--bundle", box.path, ...where], /cannot open the checkpoint .*no such file/);
  await ok(t, box, "delete", [box.tag]);
});

const flags = test.macro({
  title: (_, verb: string, flag: string) => `${verb} ${flag} is refused`,
  async exec(t, verb: string, flag: string, error: RegExp) {
    const box = makeCounter(t);
    await create(t, box);
    const bundle = verb === "restore" ? ["--bundle", box.path] : [];
    await fails(t, box, verb, [...bundle, ...paths(box), ...flag.split(" "), box.tag], error);
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

test.serial(flags, "checkpoint", "--lazy-pages", /checkpoint --lazy-pages is refused: a container is saved whole/);
test.serial(flags, "checkpoint", "--status-fd 3", /--status-fd is refused/);
test.serial(flags, "checkpoint", "--page-server 127.0.0.1:99", /--page-server is refused/);
test.serial(flags, "checkpoint", "--manage-cgroups-mode hard", /Invalid manage-cgroups-mode value/);
test.serial(flags, "checkpoint", "--empty-ns uts", /namespace "uts" is not supported/);
test.serial(flags, "checkpoint", "--parent-path /tmp", /--parent-path must be relative/);
test.serial(flags, "restore", "--preserve-fds 1", /--preserve-fds is refused: a restored process has/);
test.serial(
  flags,
  "restore",
  "--manage-cgroups-mode full",
  /--manage-cgroups-mode full is refused: the cgroups and limits/,
);

test.serial("an id that is taken, a root that is none, and a checkpoint that is none are refused", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  const [detach = "", ...words] = restoreWords(box);
  await fails(t, box, "restore", [detach, ...words], /cannot read the checkpoint .*inventory\.img: no such file/);
  await dump(t, box, "--leave-running");
  await fails(t, box, "restore", [detach, ...words], /container with given ID already exists/);
  await ok(t, box, "delete", ["--force", box.tag]);
  rmSync(join(box.images, "pstree.img"));
  await fails(t, box, "restore", [detach, ...words], /cannot read the checkpoint .*pstree\.img: no such file/);
  await nothingLeft(t, box, box.before);
});

test.serial("an ordinary user is told so", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const box = makeCounter(t);
  const env = giveToUser(box);
  const options = { prefix: asUser, env };
  const outcome = await coffer({ ...box, state: join(box.base, "run/state") }, "restore", restoreWords(box), options);
  t.is(outcome.exitCode, 125);
  t.regex(outcome.stderr, /cannot restore as an ordinary user/);
});

test.serial("a machine without criu says so", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  const hide =
    'for d in /usr/sbin/criu /usr/bin/criu; do [ ! -e $d ] || mount --bind /etc/hostname $d; done; exec "$@"';
  const prefix = ["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh"];
  const outcome = await coffer(box, "checkpoint", [...paths(box), box.tag], { prefix });
  t.is(outcome.exitCode, 1);
  t.regex(outcome.stderr, /cannot find criu, which checkpoint and restore need/);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
});

test.serial("a link of another to the images, or on the way, is refused", async (t) => {
  if (!(await needs(t, "root", "criu"))) return;
  const box = makeCounter(t);
  await startCounter(t, box);
  symlinkSync(box.canary, join(box.base, "link"));
  lchownSync(join(box.base, "link"), 1000, 1000);
  mkdirSync(join(box.canary, "below"));
  const link = (path: string): readonly string[] => ["--image-path", path, box.tag];
  await fails(t, box, "checkpoint", link(join(box.base, "link")), /is a symbolic link of user 1000/);
  await fails(t, box, "checkpoint", link(join(box.base, "link/below")), /is a symbolic link of user 1000/);
  // A link to the work directory is another's, or leads to another's.
  const work = join(box.base, "work-link");
  symlinkSync(box.canary, work);
  lchownSync(work, 1000, 1000);
  await fails(t, box, "checkpoint", ["--work-path", work, ...link(box.images)], /the work directory/);
  await counts(box, countOf(box));
  await ok(t, box, "delete", ["--force", box.tag]);
  rmdirSync(join(box.canary, "below"));
  await nothingLeft(t, box, box.before);
});
