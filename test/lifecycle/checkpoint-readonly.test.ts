// What is read-only in a container is read-only after a restore, and what is not is not: tried from inside.
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { ownIds } from "../helpers/config.ts";
import { ok } from "../helpers/container.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import { countOf, dump, makeCounter, restore, startCounter } from "../helpers/criu/checkpoint.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const bind = (destination: string, source: string, option: string): Json => ({
  destination,
  type: "bind",
  source,
  options: ["bind", option],
});

/** All of one file system, so that CRIU could take one for another. */
const binds: readonly Json[] = [
  bind("/tmp", "$BASE/counts", "rw"),
  bind("/srv", "$BASE/canary", "ro"),
  bind("/mnt", "$BASE/volume", "ro"),
  bind("/opt", "$BASE/volume", "rw"),
];

const userns = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": ownIds(65_536),
  "/linux/gidMappings": ownIds(65_536),
};

/** Whether a file can be made in each of the places. */
async function writable(box: Counter): Promise<Readonly<Record<string, boolean>>> {
  const tried: Record<string, boolean> = {};
  for (const place of ["", "/tmp", "/srv", "/mnt", "/opt", "/dev/shm", "/proc/sys/kernel", "/sys"]) {
    const { stdout } = await coffer(box, "exec", [box.tag, "/probe", "write", `${place}/made`, "x"]);
    tried[place] = !/errno/.test(stdout);
  }
  return tried;
}

const kept = test.macro({
  title: (title = "") => title,
  async exec(t: ExecutionContext, patch: Patch, root: boolean) {
    if (!(await needs(t, "root", "criu"))) return;
    const box = makeCounter(t, {
      ...Object.fromEntries(binds.map((one, index) => [`/mounts/${100 + index}`, one])),
      ...patch,
    });
    // The root of a user namespace may make no mount points.
    for (const made of ["volume", "counts", "bundle/rootfs/srv", "bundle/rootfs/mnt", "bundle/rootfs/opt"])
      mkdirSync(join(box.base, made), { recursive: true });
    for (const open of ["volume", "counts", "bundle/rootfs"]) chmodSync(join(box.base, open), 0o777);
    symlinkSync(join(box.base, "counts/count"), join(box.rootfs, "tmp/count"));
    await startCounter(t, box);
    const before = await writable(box);
    t.is(before[""], root);
    t.like(before, { "/tmp": true, "/srv": false, "/mnt": false, "/opt": true, "/dev/shm": true, "/sys": false });
    await dump(t, box);
    // The root of a user namespace reads the images too.
    chmodSync(box.images, 0o711);
    await restore(t, box, countOf(box));
    t.deepEqual(await writable(box), before);
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

test.serial("a restored container has its read-only root and binds", kept, { "/root/readonly": true }, false);
test.serial(
  "a restored container with a user namespace has its read-only root and binds",
  kept,
  { ...userns, "/root/readonly": true },
  false,
);
test.serial("a restored container has its writable root, and read-only binds", kept, {}, true);
