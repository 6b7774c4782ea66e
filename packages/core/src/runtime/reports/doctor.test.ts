// What `doctor` says of hosts and callers.
import test from "ava";
import { rootFacts, systemdFacts, userFacts, userSystemdFacts } from "../../plan/testing/builders.ts";
import type { Diagnosis, DoctorFacts } from "./doctor.ts";
import { diagnose, printDiagnoses } from "./doctor.ts";

const best: DoctorFacts = {
  ...systemdFacts,
  kernel: { major: 6, minor: 18 },
  lsm: ["landlock", "apparmor"],
  criu: true,
  pasta: { path: "/usr/bin/pasta", tun: true },
};

test("on a host that has everything nothing is said to lack", (t) => {
  t.deepEqual(
    diagnose(best).filter(({ state }) => state !== "ok"),
    [],
  );
});

const says = test.macro({
  title: (_, about: string, state: Diagnosis["state"], text: RegExp) => `${about} is ${state}: ${text.source}`,
  exec: (t, about: string, state: Diagnosis["state"], text: RegExp, change: Partial<DoctorFacts>) => {
    const found = diagnose({ ...best, ...change }).find((one) => one.about === about);
    t.is(found?.state, state);
    t.regex(`${found?.found}: ${found?.means}`, text);
  },
});
const user: Partial<DoctorFacts> = { ...userFacts, criu: true };
const { cgroup } = rootFacts;
test(says, "kernel", "missing", /Linux 5\.13.*5\.14 or newer/, { kernel: { major: 5, minor: 13 } });
test(says, "kernel", "limited", /start time/, { kernel: { major: 6, minor: 8 } });
test(says, "caller", "limited", /user 1000: each config needs a user namespace/, user);
test(says, "caller", "limited", /no device nodes/, { initialUserns: false });
const usernsOff = { name: "x", off: "0", root: true, remedy: "sysctl -w x=1" };
test(says, "user namespaces", "missing", /off by x: .*have root set sysctl -w x=1/, { ...user, usernsOff });
test(says, "user namespaces", "limited", /off by x/, { usernsOff });
const restricted = { ...user, usernsOff: { ...usernsOff, name: "kernel.apparmor_restrict_unprivileged_userns" } };
test(
  says,
  "user namespaces",
  "limited",
  /AppArmor.*if `coffer sandbox -- true` fails, have root load a profile.*profile coffer \/lib\/@c\/helper flags.*sudo tee (\S+) && sudo apparmor_parser -r \1$/,
  { ...restricted, helper: "/lib/@c/helper" },
);
test(says, "user namespaces", "limited", /profile lxc-1: the profile may refuse/, { ...user, confined: "lxc-1" });
test(says, "reduced sandboxes", "limited", /before Linux 6\.2.*refused/, { kernel: { major: 6, minor: 1 } });
test(says, "reduced sandboxes", "limited", /no Landlock/, { lsm: ["apparmor"] });
test(says, "reduced sandboxes", "limited", /signals reach every process/, { kernel: { major: 6, minor: 8 } });
test(says, "guarded names", "limited", /before Linux 6\.0.*told at the end/, { kernel: { major: 5, minor: 19 } });
test(says, "guarded names", "limited", /no Landlock/, { lsm: ["apparmor"] });
test(says, "reasons", "ok", /--explain/, {});
test(says, "reasons", "limited", /before Linux 6\.0: .*--hints/, { kernel: { major: 5, minor: 15 } });
test(says, "user-mode networks", "ok", /usr\/bin\/pasta makes them/, {});
test(says, "user-mode networks", "limited", /no pasta.*install passt/, { pasta: undefined });
test(says, "user-mode networks", "limited", /chmod 666 \/dev\/net\/tun/, {
  pasta: { path: "/usr/bin/pasta", tun: false },
});
test(says, "tracing", "limited", /suid_dumpable is 1: .*set it to 0 or 2/, { seenAtIds: true });
test(says, "ids", "limited", /etc\/subuid/, { ...user, subids: { uids: [], gids: [] } });
const range = [{ start: 100000, length: 65536 }];
test(says, "ids", "limited", /newuidmap\(1\)/, { ...user, subids: { uids: range, gids: range } });
test(says, "ids", "ok", /65536 from 100000/, {
  ...user,
  subids: { uids: range, gids: range, newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap" },
});
test(says, "cgroups", "limited", /limits are refused: mount/, { cgroup: { ...cgroup, mode: "none" } });
test(says, "cgroups", "limited", /Delegate=yes/, { cgroup: { ...cgroup, writable: false } });
test(says, "cgroups", "limited", /limits of io, memory are refused/, {
  cgroup: { ...cgroup, controllers: ["cpu", "pids"] },
});
test(says, "cgroups", "ok", /hybrid/, {
  cgroup: { ...cgroup, mode: "hybrid", controllers: [], v1Roots: { cpu: "/c", blkio: "/b", memory: "/m", pids: "/p" } },
});
test(says, "systemd", "ok", /makes cgroups/, { cgroup: { ...cgroup, mode: "hybrid" } });
test(says, "systemd", "limited", /--systemd-cgroup is refused/, {
  ...userSystemdFacts,
  cgroup: { ...cgroup, mode: "hybrid" },
});
test(says, "labels", "limited", /apparmorProfile/, { lsm: ["landlock"] });
test(says, "checkpoints", "limited", /install criu/, { criu: false });
test(says, "checkpoints", "limited", /only root/, user);

test("diagnoses fit a terminal, and each is on one line where there is none", (t) => {
  const all: readonly Diagnosis[] = [
    { about: "systemd", state: "limited", found: "none that answers", means: "--systemd-cgroup is refused" },
    { about: "ids", state: "ok", found: "any" },
  ];
  const whole = "limited  systemd: none that answers\n         --systemd-cgroup is refused\nok       ids: any";
  t.is(printDiagnoses(all), whole);
  const narrow = [
    ...["limited  systemd: none", "         that answers", "         --systemd-cgroup"],
    ...["         is refused", "ok       ids: any"],
  ];
  t.is(printDiagnoses(all, 26), narrow.join("\n"));
});
