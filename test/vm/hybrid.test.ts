// Cgroups through systemd on a hybrid host, beside runc.
import { besideRuncOf } from "../helpers/peers/peers.ts";
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { legacySetup, onLegacy } from "./legacy.ts";
import { cofferOci } from "./systemd-setup.ts";

const properties =
  "Delegate,Slice,DefaultDependencies,CPUShares,TasksMax,CPUQuotaPerSecUSec,CPUQuotaPeriodUSec,DevicePolicy,DeviceAllow," +
  "MemoryAccounting,BlockIOAccounting,CPUAccounting,TasksAccounting";
/**
 * Where a container is, what it may, and what systemd says of it: the same for every runtime. Then it is deleted. Its process
 * is what makes the container, with threads of runc's, then a shell, and at last sleep: that is waited for.
 */
const shown = (runtime: string, id: string, unit: string): string => `
cd /home/b
${runtime} --systemd-cgroup run -d --pid-file /run/${id}.pid ${id} </dev/null >/run/${id} 2>&1 || cat /run/${id}
for n in $(seq 100); do
	[ "$(cat /proc/$(cat /run/${id}.pid)/comm)" = sleep ] && break
	sleep 0.1
done
{
	cat /proc/$(cat /run/${id}.pid)/cgroup
	cd /sys/fs/cgroup
	cat cpu/system.slice/${unit}/cpu.shares cpu/system.slice/${unit}/cpu.cfs_quota_us pids/system.slice/${unit}/pids.max
	sort devices/system.slice/${unit}/devices.list
	systemctl show -p ${properties} ${unit} | sort
	systemctl status ${unit} | grep -E 'Active:|Tasks:|sleep'
	cd /home/b
	${runtime} delete --force ${id}
	find /sys/fs/cgroup -name ${unit}
	systemctl is-active ${unit} || :
} | sed 's/${unit}/UNIT/; s/since .*//; s/[0-9]* .*sleep.*/sleep/; s/=char-136 /=char-pts /' >/run/${id}.facts
`;

testScripts({
  guest: "debian",
  setup: legacySetup,
  run: onLegacy("hybrid"),
  rows: {
    "cgroups, limits, devices and properties are those of runc's scope, and nothing of either stays": {
      script: `${shown("runc", "r1", "runc-r1.scope")}${shown(cofferOci, "c1", "coffer-c1.scope")}
cat /run/c1.facts
runc --version >&2
diff /run/r1.facts /run/c1.facts >&2`,
      async check(t, { stdout, stderr, status }) {
        await besideRuncOf(t, stderr, (tt) => void tt.is(status, 0, `${stderr}\n${stdout}`));
        t.regex(stdout, /^0::\/system\.slice\/UNIT$/m);
        t.is(stdout.match(/^\d+:[^:]+:\/system\.slice\/UNIT$/gm)?.length, 11, stdout);
        t.regex(stdout, /^512\n12345\n33\n/m);
        t.regex(stdout, /^DevicePolicy=strict$/m);
        t.regex(stdout, /Active: active \(running\).*\ninactive\n$/s);
      },
    },
    "an update reaches systemd and the files, and a reload changes no limit and gives no device": prints(
      `cd /home/b
${cofferOci} --systemd-cgroup run -d c2 </dev/null >/run/c2 2>&1 || cat /run/c2
cd /sys/fs/cgroup
sort devices/system.slice/coffer-c2.scope/devices.list >/run/before
${cofferOci} update --pids-limit 44 --cpu-share 256 --cpu-quota 20000 c2
systemctl daemon-reload
systemctl show -p TasksMax,CPUShares coffer-c2.scope | sort
cat cpu/system.slice/coffer-c2.scope/cpu.shares cpu/system.slice/coffer-c2.scope/cpu.cfs_quota_us
cat pids/system.slice/coffer-c2.scope/pids.max
sort devices/system.slice/coffer-c2.scope/devices.list | diff /run/before -
${cofferOci} delete --force c2`,
      lines("CPUShares=256", "TasksMax=44", "256", "20000", "44"),
    ),
    "a user's systemd is not asked": prints(
      `cd /home/tester/b
! /run/as-tester ${cofferOci} --systemd-cgroup run u1 2>&1`,
      /only the system's own systemd has controllers/,
    ),
  },
});
