// podman's health checks, started by timers of systemd: in a resumed Debian guest of their own, as the batch of
// engines.test.ts takes minutes before its first row.
import type { ScriptRow } from "./batch/batch-rows.ts";
import { control, lines, prints, testScripts } from "./batch/batch-rows.ts";
import { cofferOci, debianSetup, gone, rootfs } from "./systemd-setup.ts";

/** Well, then not, for which it is killed: each by a check that a timer has begun. */
const row = (runtime: string, id: string): ScriptRow =>
  prints(
    `
touch ${rootfs}/${id}
podman --cgroup-manager=systemd --runtime ${runtime} run -d --network none --name ${id} --health-cmd 'cat /${id}' --health-retries 1 \\
	--health-interval 1s --health-on-failure kill --rootfs ${rootfs} sleep 1000 >/run/${id}
podman inspect -f '{{.OCIRuntime}}' ${id}
podman wait --condition healthy ${id} >/dev/null
rm ${rootfs}/${id}
podman wait ${id}
podman inspect -f '{{.State.Status}} {{.State.Health.Status}} {{range .State.Health.Log}}{{.ExitCode}}{{end}}' ${id} | sed 's/ 0*1$/ 1/'
podman rm ${id} >/dev/null
${gone(`systemctl list-units --all --no-legend "$(cat /run/${id})*"`)}`,
    lines(runtime, "137", "exited unhealthy 1"),
  );

testScripts({
  guest: "debian",
  setup: () => debianSetup,
  rows: { "podman's health timers, with crun": control(row("crun", "h1")), "and with coffer": row(cofferOci, "h2") },
});
