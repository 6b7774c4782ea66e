// podman and conmon with coffer-oci, beside runc and crun.
import test from "ava";
import { podman } from "./podman.ts";
import { networkRootRows, networkRows } from "./podman-network-rows.ts";
import { optionRows } from "./podman-option-rows.ts";
import { podRows } from "./podman-pod-rows.ts";
import { checkpointRows, lifeRows, runRows as startRows, viewRows } from "./podman-rows.ts";
import { statusRows } from "./podman-status-rows.ts";
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
