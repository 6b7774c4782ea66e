// podman of an ordinary user with coffer-oci, beside runc and crun in the same place.
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { asUser, testUser, userIds } from "../helpers/user.ts";
import { makeImageTar } from "./image.ts";
import { makePlace } from "./place.ts";
import { configurePodman, makePodman } from "./podman.ts";
import { rootlessRows } from "./podman-rootless-rows.ts";
import { runRows } from "./rows.ts";

test.serial("podman, as an ordinary user", async (t) => {
  t.timeout(1_200_000);
  const place = await makePlace(t);
  const { uid, gid } = userIds();
  const home = join(place.base, "home");
  mkdirSync(home, { mode: 0o755 });
  chownSync(home, uid, gid);
  const run = `/run/user/${uid}`;
  await place.sh(`mkdir -p -m 700 ${run}; chown ${uid}:${gid} ${run}`);
  const env = {
    ...configurePodman(place, join(home, "store"), join(run, "containers")),
    HOME: home,
    USER: testUser,
    XDG_RUNTIME_DIR: run,
    BASE: home,
  };
  const engine = makePodman({ env, prefix: asUser }, "podman rootless");
  const imported = await place.sh(`podman import -q ${makeImageTar(place)} bb`, engine.options);
  t.is(imported.exitCode, 0, imported.stderr);
  await runRows(t, place, engine, rootlessRows);
});
