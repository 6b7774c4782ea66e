// podman and conmon with coffer-oci, beside runc and crun in the same place.
import { join } from "node:path";
import test from "ava";
import { makeImageTar } from "./image.ts";
import { makePlace } from "./place.ts";
import { configurePodman, makePodman } from "./podman.ts";
import { checkpointRows, lifeRows, runRows as startRows, viewRows } from "./podman-rows.ts";
import { runRows } from "./rows.ts";

test.serial("podman, as root", async (t) => {
  t.timeout(1_200_000);
  const place = await makePlace(t);
  const env = configurePodman(place, join(place.base, "store"), "/run/containers/storage");
  const engine = makePodman({ env });
  const imported = await place.sh(`podman import -q ${makeImageTar(place)} bb`, engine.options);
  t.is(imported.exitCode, 0, imported.stderr);
  await runRows(t, place, engine, [...startRows, ...lifeRows, ...viewRows, ...checkpointRows]);
});
