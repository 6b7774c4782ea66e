// podman of an ordinary user with coffer-oci, beside runc and crun.
import test from "ava";
import { rootlessRows } from "./podman/podman-rootless-rows.ts";
import { podmanRootless } from "./podman.ts";
import { runRows } from "./rows.ts";

test.serial("podman, as an ordinary user", async (t) => {
  t.timeout(1_200_000);
  await runRows(t, podmanRootless, rootlessRows);
});
