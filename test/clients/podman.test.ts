// podman and conmon with coffer-oci, beside runc and crun.
import test from "ava";
import { networkRootRows, networkRows } from "./podman/podman-network-rows.ts";
import { optionRows } from "./podman/podman-option-rows.ts";
import { podRows } from "./podman/podman-pod-rows.ts";
import { checkpointRows, lifeRows, runRows as startRows, viewRows } from "./podman/podman-rows.ts";
import { statusRows } from "./podman/podman-status-rows.ts";
import { podman } from "./podman.ts";
import { runRows } from "./rows.ts";

test.serial("podman, as root", async (t) => {
  t.timeout(1_200_000);
  await runRows(t, podman, [
    ...startRows,
    ...lifeRows,
    ...viewRows,
    ...statusRows,
    ...podRows,
    ...optionRows,
    ...networkRows,
    ...networkRootRows,
    ...checkpointRows,
  ]);
});
