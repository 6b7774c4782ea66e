// B. procfs and sysfs used as an interface.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { factsHold, isRefused, outputHolds, refusal } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { apparmor, guest, label, probes, selinux, shown, tried, userns } from "./words.ts";

const sysctl = (key: string, value: string) => ({ "/linux/sysctl": { [key]: value } });

/** A /proc of look-alikes: what a runtime reads first, and empty id maps for every process that it may make. */
const lookAlikes = [
  "mkdir -p fake/self/ns fake/self/fd fake/sys/kernel fake/sys/vm",
  "cp /proc/self/status /proc/self/cgroup /proc/self/mountinfo fake/self",
  "cp /proc/sys/kernel/cap_last_cap fake/sys/kernel",
  "ln -s 'user:[4026531837]' fake/self/ns/user; ln -s self fake/thread-self",
  "cp /proc/version /proc/meminfo /proc/filesystems fake",
  "first=$(cut -d' ' -f5 /proc/loadavg)",
  "seq $first $((first + 2500)) | sed 's,^,fake/,' > pids; xargs mkdir -p < pids",
  'for f in uid_map gid_map setgroups oom_score_adj; do sed "s,$,/$f," pids | xargs touch; done',
].join("; ");

/** The host's /proc is look-alikes; none of them may be written, whatever else happens. */
const looksAreSame: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run();
  const fake = `${stage.bundle.base}/fake`;
  const written = readdirSync(fake).flatMap((pid) =>
    ["uid_map", "gid_map", "setgroups"].filter(
      (name) => /^\d+$/.test(pid) && statSync(`${fake}/${pid}/${name}`).size > 0,
    ),
  );
  if (written.length > 0) return { failed: `a look-alike of ${written[0]} was written` };
  if (outcome.exitCode !== 0) return refusal(outcome);
  return /"uid":\[0,0,0\]/.test(outcome.stdout) ? "ran" : { failed: "its ids are not mapped" };
};

/** The last capability of the kernel, told too low: what is above it would stay in the bounding set. */
const coveredCaps =
  "mkdir -p $BASE/look; echo 5 > $BASE/look/last; mount --bind $BASE/look/last /proc/sys/kernel/cap_last_cap";

const boundingIsAsked: Attempt["observe"] = factsHold(({ caps }) =>
  caps.bounding === "0000000000000020" ? undefined : `the bounding set is ${caps.bounding}`,
);

/** One file for all uts namespaces: those of network and ipc are others in each, and what covers the host's is not met. */
const look = "/proc/sys/kernel/domainname";

/** A single file of the ambient /proc is covered by a look-alike. */
const coveredSysctl = `mkdir -p $BASE/look; echo marker > $BASE/look/sysctl; mount --bind $BASE/look/sysctl ${look}`;

const marker: Attempt["observe"] = outputHolds((stdout, { bundle }) => {
  const written = readFileSync(`${bundle.base}/look/sysctl`, "utf8");
  if (written !== "marker\n") return `the look-alike was written: ${written.trim()}`;
  return /: "coffer.test"\n$/.test(stdout) ? undefined : `the parameter is not set: ${stdout}`;
});

const labels: readonly Row[] = [
  {
    id: "LXC CVE-2015-1334; runc CVE-2019-16884: label",
    cause: "a label is written to a look-alike, and the process is confined by nothing",
    rules: ["R4", "R9"],
    by: [label],
    show: guest("AppArmor", apparmor, "an older kernel: a /proc of look-alikes is not looked at"),
  },
  {
    id: "LXC CVE-2015-1334: a process that joins",
    cause: "the label of a process that joins is written through the container's /proc",
    rules: ["R4", "R9"],
    by: [label],
    show: guest("AppArmor", apparmor, "an exec has its container's profile or its own"),
  },
  {
    id: "LXC CVE-2015-1334: SELinux",
    cause: "as above, with labels of SELinux",
    rules: ["R4", "R9"],
    by: [label],
    show: guest("SELinux", selinux, "an exec has its container's label or its own"),
  },
];

export const groupB: Group = {
  letter: "B",
  title: "procfs and sysfs used as an interface",
  rows: [
    ...labels,
    {
      id: "runc CVE-2019-16884: volume",
      cause: "a volume covers /proc",
      rules: ["R4"],
      by: ["packages/core/src/plan/tree/mounts.ts"],
      show: tried({
        because: /\/mounts\/0\/destination/,
        patch: { "/mounts/0": { destination: "/proc", type: "tmpfs", source: "tmpfs" } },
        observe: factsHold(({ mounts }) => (mounts === null ? "it runs with a tmpfs for /proc" : undefined)),
      }),
    },
    {
      id: "FAKEPROC",
      cause: "the host's /proc is of look-alikes when the runtime begins",
      rules: ["R4"],
      by: ["helper-c/launch/host.c"],
      show: tried({
        // Without a /proc of its own, which the kernel refuses where the one in sight is covered.
        patch: { ...userns, "/mounts/0": undefined },
        before: lookAlikes,
        place: "mount --bind $BASE/fake /proc",
        observe: looksAreSame,
      }),
    },
    {
      id: "FAKEPROC: the last capability",
      cause: "a file of the host's /proc is a look-alike that says less than there is",
      rules: ["R4", "R9"],
      by: ["helper-c/init/drop.c"],
      show: tried({
        patch: {
          "/process/capabilities": { bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"] },
        },
        place: coveredCaps,
        observe: boundingIsAsked,
      }),
    },
    {
      id: "“another procfs file”; youki CVE-2025-62596",
      cause: "a file of procfs is covered by another: the type check passes",
      rules: ["R4"],
      by: ["helper-c/launch/host.c", "helper-c/init/label.c"],
      show: tried({
        patch: { ...sysctl("kernel.domainname", "coffer.test"), ...probes("look", look) },
        place: coveredSysctl,
        observe: marker,
      }),
      control: "it writes through the /proc in sight",
    },
    {
      id: "sysctl of the whole machine",
      cause: "a key is turned into a path; any key is taken",
      rules: ["R4", "R10"],
      by: ["packages/core/src/plan/namespaces/sysctl.ts"],
      show: tried({
        because: /\/linux\/sysctl\/kernel\.core_pattern/,
        // The value is the present one.
        patch: sysctl("kernel.core_pattern", readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim()),
        observe: isRefused(),
      }),
    },
    {
      id: "sysctl that climbs",
      cause: "dots become slashes, and more",
      rules: ["R10"],
      by: ["packages/core/src/plan/namespaces/sysctl.ts"],
      show: tried({
        because: /\/linux\/sysctl\//,
        patch: sysctl("net/../kernel/hostname", "coffer-test"),
        observe: isRefused(),
      }),
    },
    {
      id: "sysctl of a namespace that is the host's",
      cause: "a parameter of the network is set where the network is not the container's own",
      rules: ["R10"],
      by: ["packages/core/src/plan/namespaces/sysctl.ts"],
      show: tried({
        because: /\/linux\/sysctl\/net\.ipv4\.ip_forward: needs a network namespace/,
        // The value is the present one.
        patch: {
          ...sysctl("net.ipv4.ip_forward", readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim()),
          "/linux/namespaces": ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
          "/mounts/5": undefined,
        },
        observe: isRefused(),
      }),
    },
    {
      id: "CRI-O CVE-2022-0811: newline",
      cause: "as below, in two lines",
      rules: ["R10"],
      by: ["packages/core/src/plan/namespaces/sysctl.ts"],
      show: tried({
        because: /\/linux\/sysctl\/net\.ipv4\.ip_forward: .*control/,
        patch: sysctl("net.ipv4.ip_forward", "1\nkernel.shm_rmid_forced=1"),
        observe: isRefused(),
      }),
    },
    {
      id: "CRI-O CVE-2022-0811",
      cause: "several parameters in one string",
      rules: ["R10"],
      by: ["packages/core/src/plan/namespaces/sysctl.ts", "helper-c/init/label.c"],
      show: tried({
        because: /\/linux\/sysctl\/.*EINVAL/,
        patch: sysctl("net.ipv4.ip_forward", "1+kernel.shm_rmid_forced=1"),
        observe: isRefused(),
      }),
    },
    {
      id: "runc: setgroups, descriptor loops, /proc/PID/stat",
      cause: "small uses of the ambient /proc are forgotten",
      rules: ["R4"],
      by: ["helper-c/launch/host.c"],
      show: shown("test/defence/binaries.test.ts", "names no path of the host"),
    },
    {
      id: "libpathrs 0.2.1",
      cause: "a last link in procfs is opened as if that were atomic",
      rules: ["R4"],
      by: ["helper-c/launch/host.c"],
      // No link of procfs is followed; namespaces by path are the caller's word, and checked by NS_GET_NSTYPE.
      show: shown("test/defence/trace.test.ts", "many fields"),
    },
    {
      id: "crun: which user namespace",
      cause: "the first user namespace is known by its id map: an identity map looks the same",
      rules: ["R4", "R12"],
      by: ["packages/core/src/host/probe.ts"],
      show: tried({
        patch: {
          ...probes("look", "/proc/self/uid_map", "/dev/null"),
          "/linux/cgroupsPath": undefined,
          "/linux/resources": undefined,
        },
        observe: outputHolds(
          (stdout) =>
            /uid_map: ".*0 .*0 4294967294"\n.*device 1:3/.test(stdout) ? undefined : `another map: ${stdout}`,
          { prefix: ["unshare", "-U", "--map-users=0,0,4294967294", "--map-groups=0,0,4294967294"] },
        ),
      }),
    },
  ],
};
