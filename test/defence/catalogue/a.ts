// A. Path resolution in a rootfs or volume that the attacker owns.
import { execFileSync } from "node:child_process";
import { census } from "../../helpers/bundle.ts";
import { factsHold, firstLine, hostIsSame, isRefused, outputHolds, refusal } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import {
  bindAt,
  escapes,
  notApplicable,
  paths,
  probes,
  raced,
  shown,
  sleeper,
  tree,
  tried,
  withMount,
} from "./words.ts";

/** What the container calls /proc is a procfs that is mounted there, and not elsewhere through a link. */
const isMounted = (point: string, type: string): Attempt["observe"] =>
  factsHold(({ mounts }) =>
    mounts?.some((row) => row.point === point && row.type === type) ? undefined : `no ${type} on ${point} itself`,
  );

/** Links of the image to CANARY at every name that a runtime, or an engine above it, writes. */
const ownNames = [
  ".krun_config.json",
  ".crun.json",
  ".dockerenv",
  "etc/passwd",
  "etc/group",
  "etc/hosts",
  "etc/hostname",
  "etc/resolv.conf",
  "etc/mtab",
  "run/.containerenv",
];
const linksAtOwnNames = [
  "mkdir bundle/rootfs/run",
  ...ownNames.map((name) => `ln -s $PWD/canary/${name.replaceAll("/", "-")} bundle/rootfs/${name}`),
  "ln -s $PWD/canary/file bundle/rootfs/etc/written",
].join("; ");

/** Nothing of the image is another than before, either. */
const imageIsSame: Attempt["observe"] = async (stage) => {
  const before = census(stage.bundle.rootfs);
  const seen = await hostIsSame(stage);
  const changed = census(stage.bundle.rootfs).find((row) => !before.includes(row));
  return changed === undefined ? seen : { failed: `the image has another ${changed.split(" ", 1)[0]}` };
};

const links: readonly Row[] = [
  {
    id: "LXC CVE-2015-1335",
    cause: "a mount target in the rootfs goes through a link: the mount lands on the host",
    rules: ["R1", "R3"],
    by: [paths, tree],
    show: tried({
      patch: { ...withMount(bindAt("/a/b")), ...probes("look", "/a/b") },
      before: "ln -s $PWD/canary bundle/rootfs/a",
      observe: outputHolds((stdout) => (stdout === "/a/b: file ptmx\n" ? undefined : `not mounted inside: ${stdout}`)),
    }),
  },
  {
    id: "runc CVE-2019-19921",
    cause: "/proc of the image is a link",
    rules: ["R3", "R4"],
    by: ["packages/core/src/plan/tree/mounts.ts", paths],
    show: tried({
      because: /\/mounts\/0.*ELOOP/,
      before: "rmdir bundle/rootfs/proc; ln -s tmp bundle/rootfs/proc",
      observe: isMounted("/proc", "proc"),
    }),
  },
  {
    id: "runc CVE-2021-30465",
    cause: "a target is checked as a string and exchanged before mount(2); a later mount has its source there",
    rules: ["R1", "R3"],
    by: [paths, tree],
    show: raced("the source of a mount behind the target of another"),
  },
  {
    id: "runc CVE-2023-27561, CVE-2023-28642",
    cause: "the same again after the fix of another: /proc is a link into a volume",
    rules: ["R3", "R4"],
    by: ["packages/core/src/plan/tree/mounts.ts", paths],
    show: tried({
      because: /\/mounts\/0.*ELOOP/,
      patch: { "/mounts/-": bindAt("/mnt") },
      before: "rmdir bundle/rootfs/proc; ln -s mnt bundle/rootfs/proc",
      observe: isMounted("/proc", "proc"),
    }),
  },
  {
    id: "youki CVE-2025-54867",
    cause: "/sys of the image is a link to /proc",
    rules: ["R3"],
    by: ["packages/core/src/plan/tree/mounts.ts", paths],
    show: tried({
      because: /\/mounts\/5.*ELOOP/,
      before: "rmdir bundle/rootfs/sys; ln -s proc bundle/rootfs/sys",
      observe: isMounted("/sys", "sysfs"),
    }),
  },
  {
    id: "runc CVE-2024-45310",
    cause: "what is missing of a mount point is made by path: empty files and directories on the host",
    rules: ["R2"],
    by: [paths],
    show: raced("the parent of a missing mount point"),
  },
  {
    id: "runc CVE-2025-52881: mounts",
    cause: "a checked string is resolved again by each step",
    rules: ["R1", "R3"],
    by: [paths, tree],
    show: raced("the target of a mount"),
  },
  {
    id: "runc CVE-2025-52881: trace",
    cause: "a string is a path to a system call",
    rules: ["R1", "R3", "R4"],
    by: [paths, tree],
    show: shown("test/defence/trace.test.ts", "many fields"),
  },
  {
    id: "runc CVE-2026-41579, crun CVE-2026-47766",
    cause: "/dev is filled by path before the pivot: a link /dev reaches the host",
    rules: ["R3"],
    by: ["packages/core/src/plan/tree/devices/devices.ts", tree],
    show: tried({
      because: /\/mounts\/1.*ELOOP/,
      before: "rmdir bundle/rootfs/dev; ln -s $PWD/canary bundle/rootfs/dev",
      observe: hostIsSame,
    }),
    control: "the versions of Debian are older than the fixes",
  },
  {
    id: "runc CVE-2026-41579: race",
    cause: "the same, while /dev is exchanged",
    rules: ["R3"],
    by: ["packages/core/src/plan/tree/devices/devices.ts", tree],
    show: raced("/dev"),
  },
  {
    id: "runc: cgroup v1 links",
    cause: "the links of the subsystems are made by path",
    rules: ["R1"],
    by: ["packages/core/src/plan/tree/cgroup-mount.ts"],
    show: tried({
      patch: {
        "/mounts/5": {
          destination: "/sys/fs/cgroup",
          type: "cgroup",
          source: "cgroup",
          options: ["nosuid", "noexec", "nodev", "ro"],
        },
      },
      before: "mkdir -p bundle/rootfs/sys/fs; ln -s $PWD/canary bundle/rootfs/sys/fs/cgroup",
      observe: hostIsSame,
    }),
  },
  {
    id: "crun CVE-2019-18837",
    cause: "a mount point is made where a link of the image points",
    rules: ["R1", "R2"],
    by: [paths],
    show: tried({
      patch: withMount(bindAt("/etc/made", "$BASE/canary/file")),
      before: "ln -s $PWD/canary/new bundle/rootfs/etc/made",
      observe: hostIsSame,
    }),
  },
  {
    id: "crun CVE-2025-24965",
    cause: "a file is written through a path of the rootfs",
    rules: ["R2"],
    by: [paths],
    show: tried({
      patch: { "/annotations": { "run.oci.handler": "krun" }, "/root/readonly": false },
      before: linksAtOwnNames,
      observe: imageIsSame,
    }),
  },
];

const kernels: readonly Row[] = [
  {
    id: "crun: safe_openat without openat2",
    cause: "the emulation for old kernels follows the last link",
    rules: ["R1"],
    by: [paths],
    show: shown("test/defence/denied-calls.test.ts", '["openat2", "refused"]'),
  },
  {
    id: "crun: chroot_realpath",
    cause: "links are expanded in user space, into a buffer",
    rules: ["R1"],
    by: [paths],
    show: tried({
      because: /\/mounts\/6.*ELOOP/,
      patch: withMount(bindAt("/l0")),
      before: "cd bundle/rootfs; for i in $(seq 0 44); do ln -s l$((i + 1)) l$i; done",
      observe: isRefused(),
    }),
    control: "an endless chain of links is followed to a mount point that the runtime makes",
  },
];

const callers: readonly Row[] = [
  {
    id: "Docker CVE-2018-15664",
    cause: "cp: resolved, then used in a container that lives",
    rules: ["R1"],
    by: [],
    show: notApplicable("no verb copies into or out of a container"),
  },
  {
    id: "moby CVE-2026-42306",
    cause: "the destination of a mount is exchanged before mount()",
    rules: ["R1", "R3"],
    by: [paths],
    show: raced("the target of a mount"),
  },
  {
    id: "BuildKit CVE-2024-23651",
    cause: "two runs share a volume: one exchanges what the other mounts from it",
    rules: ["R1", "R3"],
    by: [paths],
    show: raced("the source of a mount behind the target of another"),
  },
  {
    id: "Kubernetes CVE-2017-1002101, CVE-2021-25741",
    cause: "a source is checked and then bound by path",
    rules: ["R1", "R3"],
    by: ["helper-c/launch/plan-take.c"],
    show: raced("a source that is passed as a descriptor"),
  },
  {
    id: "flatpak CVE-2024-42472, CVE-2026-34078",
    cause: "the caller checks a directory and passes its name",
    rules: ["R1"],
    by: ["helper-c/launch/plan-take.c"],
    show: raced("a source that is passed as a descriptor"),
  },
  {
    id: "BuildKit CVE-2024-23653",
    cause: "one of the entries skips the check",
    rules: ["R10"],
    by: ["packages/core/src/plan/process/process.ts"],
    show: tried({
      because: /cwd/,
      patch: sleeper,
      before: `echo '{"args":["/probe"],"cwd":"tmp","user":{"uid":0,"gid":0}}' > process.json`,
      observe: async (stage) => {
        const started = await stage.verb("run", ["--detach", "--bundle", stage.bundle.path, stage.bundle.tag]);
        if (started.exitCode !== 0) return { failed: firstLine(started) };
        const flag = ["--process", `${stage.bundle.base}/process.json`];
        const outcome = await stage.verb("exec", [...flag, stage.bundle.tag]);
        return outcome.exitCode === 0 ? { failed: "exec takes a directory that is not absolute" } : refusal(outcome);
      },
    }),
    control: "crun takes a relative directory",
  },
  {
    id: "BuildKit CVE-2024-23652; Incus CVE-2026-48769",
    cause: "the runtime's own mount points are removed by path, after the container ran",
    rules: ["R2"],
    by: ["packages/core/src/runtime/verbs/delete.ts"],
    show: tried({
      patch: { ...sleeper, ...withMount(bindAt("/stub/in")) },
      before: "mkdir canary/in",
      observe: async (stage) => {
        const created = await stage.verb("create", ["--bundle", stage.bundle.path, stage.bundle.tag]);
        if (created.exitCode !== 0) return refusal(created);
        // As the container could: it owns the image.
        execFileSync("sh", ["-ec", "mv stub away; ln -s $0 stub", stage.bundle.canary], { cwd: stage.bundle.rootfs });
        await stage.verb("delete", ["--force", stage.bundle.tag]);
        return "ran";
      },
    }),
  },
  {
    id: "Podman CVE-2026-55686; buildah CVE-2024-1753, CVE-2024-9675",
    cause: "the working directory is made through a link",
    rules: ["R1", "R2"],
    by: [paths],
    show: tried({
      patch: { ...probes("look", "."), "/root/readonly": false, "/process/cwd": "/a/new" },
      before: "ln -s $PWD/canary bundle/rootfs/a",
      observe: outputHolds((stdout) => (/^cwd \/[^(]/.test(stdout) ? undefined : stdout)),
    }),
  },
  {
    id: "Podman CVE-2026-55686: race",
    cause: "the same, while it is exchanged",
    rules: ["R1"],
    by: [paths],
    show: raced("the working directory"),
  },
  {
    id: "containerd CVE-2022-23648",
    cause: "a path of the image is joined unchecked",
    rules: ["R1"],
    by: ["packages/core/src/paths.ts"],
    show: tried({
      patch: withMount({ destination: "/../../../../../../../$BASE/canary/new", type: "tmpfs", source: "tmpfs" }),
      observe: hostIsSame,
    }),
  },
  {
    id: "containerd CVE-2021-32760, CVE-2025-47290",
    cause: "unpacking follows links",
    rules: ["R1"],
    by: [],
    show: notApplicable("the runtime unpacks nothing"),
  },
  {
    id: "bwrap CVE-2026-87766",
    cause:
      "during set-up, files and directories are made under the new root through a link of a parent: they land on the host",
    rules: ["R1", "R2"],
    by: [paths],
    show: shown(escapes, "bwrap 2026-87766: what is missing is made beneath links of a parent"),
  },
  {
    id: "bwrap CVE-2019-12439",
    cause: "a directory of a known name in /tmp is the pivot point",
    rules: ["R3"],
    by: [tree],
    // The root is attached by descriptor on the rootfs itself.
    show: shown("test/defence/binaries.test.ts", "names no path of the host"),
  },
  {
    id: "LXC CVE-2015-1331",
    cause: "a lock of root's in a directory that users write to",
    rules: ["R1"],
    by: ["packages/core/src/runtime/store/state-root.ts"],
    show: shown("test/bad-input/arguments.test.ts", "a state root that is a link"),
  },
  {
    id: "advisory 0010: the state root",
    cause: "the state root is checked by path and used by path, in a parent of another user",
    rules: ["R1"],
    by: ["packages/core/src/system/node/files/hold.ts", "packages/core/src/runtime/store/state-root.ts"],
    show: shown("test/defence/front-races.test.ts", "delete reads no state through a parent of another user"),
  },
  {
    id: "advisory 0010: the working directory",
    cause: "the directory of a sandbox is bound by its name, which another user has given to another directory",
    rules: ["R1"],
    by: ["packages/core/src/plan/create/work-dir.ts", "packages/core/src/runtime/verbs/sandbox.ts"],
    show: shown("test/defence/front-races.test.ts", "works in the directory that it was called in"),
  },
  {
    id: "advisory 0011: files that the caller names",
    cause: "a link makes the runtime write to a device, or open one; a FIFO keeps it waiting with a lock held",
    rules: ["R1", "R12"],
    by: ["packages/core/src/system/node/files/output.ts", "packages/core/src/system/node/files/named.ts"],
    show: shown("test/bad-input/named-files.test.ts", "a link to a block device as pid file"),
  },
  {
    id: "containerd, crun: ids",
    cause: "a container's id is part of a path",
    rules: ["R1", "R10"],
    by: ["packages/core/src/runtime/store/container-id.ts"],
    show: tried({
      because: /^6 ids: invalid container ID format$/,
      observe: async (stage) => {
        const reasons = new Set<string>();
        for (const id of [".", "..", "a/b", "../canary", "a\nb", "a".repeat(300)]) {
          const outcome = await stage.verb("run", ["--bundle", stage.bundle.path, id]);
          if (outcome.exitCode === 0) return { failed: `the id ${JSON.stringify(id).slice(0, 20)} is taken` };
          reasons.add(/invalid container ID format/.exec(outcome.stderr)?.[0] ?? firstLine(outcome));
        }
        return { refused: `6 ids: ${[...reasons].join("; ")}` };
      },
    }),
  },
  {
    id: "path flags of a sandbox (bubblewrap 2026-87766)",
    cause: "what is named is looked up again while the sandbox is made, and a link is followed",
    rules: ["R1", "R3"],
    by: ["packages/core/src/runtime/sandbox/real-path.ts", "packages/core/src/runtime/verbs/sandbox.ts"],
    show: shown("test/defence/sandbox-paths.test.ts", "of a name that is exchanged"),
  },
  {
    id: "phantom files of a sandbox",
    cause: "a mount point is made in a directory of the host that is bound",
    rules: ["R2"],
    by: ["packages/core/src/plan/tree/mounts.ts"],
    show: shown("test/sandbox/files.test.ts", "--tmp makes no directory on the host"),
  },
  {
    id: "a sandbox without namespaces",
    cause: "what Landlock does not handle: sockets by path, modes, times, queues, signals, terminals",
    rules: ["R9", "R12"],
    by: [
      "helper-c/init/landlock.c",
      "packages/core/src/seccomp/reduced.ts",
      "packages/core/src/plan/reduced/landlock.ts",
    ],
    show: shown("test/sandbox/reduced/reduced.test.ts", "nothing outside is reached"),
  },
];

const copies: readonly Row[] = [
  {
    id: "tmpcopyup: a name is exchanged while it is copied",
    cause: "the content of one file gets the owner and the mode of another, such as those of a set-user-id program",
    rules: ["R1"],
    by: ["helper-c/init/copy-up.c"],
    show: shown("test/helper/unit.test.ts", "the units"),
  },
];

export const groupA: Group = {
  letter: "A",
  title: "Path resolution in a rootfs or volume that the attacker owns",
  rows: [...links, ...kernels, ...callers, ...copies],
};
