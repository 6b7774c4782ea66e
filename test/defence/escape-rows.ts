// Images and configs that try to reach the host: links, `..`, magic links, look-alikes. One row a known weakness.
import type { Json, Patch } from "../helpers/json.ts";

export type EscapeRow = {
  readonly title: string;
  readonly patch: Patch;
  /** A shell script, run before in the test's directory. */
  readonly before?: string;
  /** It must be refused, with this; otherwise it may be, or run with the facts that hold. */
  readonly refused?: RegExp;
  /** What the probe's whole output must match when it runs. */
  readonly output?: RegExp;
};

const bindAt = (destination: string, source = "$BASE/canary"): Json => ({
  destination,
  type: "bind",
  source,
  options: ["bind"],
});

const withBind = (destination: string): Patch => ({ "/root/readonly": false, "/mounts/-": bindAt(destination) });
const inDirectory = (cwd: string): Patch => ({ "/process/cwd": cwd });
const devBind: Patch = { "/mounts/1": bindAt("/dev", "$BASE/dev"), "/mounts/2": undefined };

const links: readonly EscapeRow[] = [
  {
    title: "LXC 2015-1335: a mount target through a link to the host",
    patch: withBind("/a/b"),
    before: "ln -s $PWD/canary bundle/rootfs/a",
  },
  {
    title: "a mount target that is a link to the host",
    patch: withBind("/a"),
    before: "ln -s $PWD/canary bundle/rootfs/a",
  },
  { title: "a mount target through ..", patch: withBind("/a/x"), before: "ln -s ../../../canary bundle/rootfs/a" },
  {
    title: "crun 2019-18837: a file bind on a link to a missing host file",
    patch: {
      "/root/readonly": false,
      "/mounts/-": { destination: "/etc/made", type: "bind", source: "$BASE/canary/file", options: ["bind"] },
    },
    before: "ln -s $PWD/canary/new bundle/rootfs/etc/made",
  },
  {
    title: "runc 2019-19921: /proc is a link",
    patch: {},
    before: "rmdir bundle/rootfs/proc; ln -s tmp bundle/rootfs/proc",
    refused: /\/mounts\/0/,
  },
  {
    title: "runc 2023-27561: /proc is a link into a volume",
    patch: { "/mounts/-": bindAt("/mnt") },
    before: "rmdir bundle/rootfs/proc; ln -s mnt bundle/rootfs/proc",
    refused: /\/mounts\/0/,
  },
  {
    title: "runc 2026-41579: /dev is a link to the host",
    patch: {},
    before: "rmdir bundle/rootfs/dev; ln -s $PWD/canary bundle/rootfs/dev",
    refused: /\/mounts\/1|\/dev/,
  },
  {
    title: "/sys is a link to /proc",
    patch: {},
    before: "rmdir bundle/rootfs/sys; ln -s proc bundle/rootfs/sys",
    refused: /\/mounts\/5/,
  },
  {
    title: "/dev/ptmx of a bound /dev is a link to the host",
    patch: devBind,
    before: "mkdir dev; ln -s $PWD/canary/ptmx dev/ptmx",
  },
  {
    title: "/dev/pts is a link to the host",
    patch: {},
    before: "mkdir -p bundle/rootfs/dev; ln -s $PWD/canary bundle/rootfs/dev/pts",
    output: /"cwd":"\/"/,
  },
  {
    title: "bwrap 2026-87766: what is missing is made beneath links of a parent",
    patch: {
      "/root/readonly": false,
      "/mounts/6": { destination: "/a/new/dir", type: "tmpfs", source: "tmpfs" },
      "/mounts/7": bindAt("/b/new/file", "$BASE/canary/file"),
      "/process/cwd": "/c/new",
    },
    before: "for n in a b c; do ln -s $PWD/canary bundle/rootfs/$n; done",
  },
  {
    title: "40 links in a chain",
    patch: withBind("/l0"),
    before: "cd bundle/rootfs; for i in $(seq 0 44); do ln -s l$((i + 1)) l$i; done",
    refused: /\/mounts\/6.*ELOOP/,
  },
];

const directories: readonly EscapeRow[] = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 32, 64].map((fd) => ({
    title: `runc 2024-21626: cwd is /proc/self/fd/${fd}`,
    patch: inDirectory(`/proc/self/fd/${fd}`),
    refused: /\/process\/cwd/,
  })),
  { title: "cwd is /proc/1/cwd", patch: inDirectory("/proc/1/cwd"), refused: /\/process\/cwd/ },
  { title: "cwd is /proc/self/root", patch: inDirectory("/proc/self/root"), refused: /\/process\/cwd/ },
  {
    title: "Podman 2026-55686: cwd through a link to the host",
    patch: { ...inDirectory("/a/new"), "/root/readonly": false },
    before: "ln -s $PWD/canary bundle/rootfs/a",
    output: /"cwd":"\/[^(]/,
  },
  {
    title: "cwd climbs",
    patch: inDirectory("/../../../../tmp"),
    output: /"cwd":"\/tmp"/,
  },
];

const masks: readonly EscapeRow[] = [
  {
    title: "runc 2025-31133: the image's /dev/null is a link to a kernel file",
    patch: { ...devBind, "/process/args": ["/probe", "stat", "/proc/timer_list"] },
    before: "mkdir dev; ln -s /proc/sys/kernel/core_pattern dev/null",
    output: /"type":(8|2),.*"size":0/,
  },
  {
    title: "a masked file cannot be written",
    patch: { "/process/args": ["/probe", "write", "/proc/timer_list", "x"] },
  },
  {
    title: "a masked path is a link to the host",
    patch: { "/linux/maskedPaths": ["/a/file"], "/process/args": ["/probe", "echo", "ok"] },
    before: "ln -s $PWD/canary bundle/rootfs/a",
    output: /^ok\n/,
  },
  {
    title: "a read-only path is a link to the host",
    patch: { "/linux/readonlyPaths": ["/a"], "/process/args": ["/probe", "echo", "ok"] },
    before: "ln -s $PWD/canary bundle/rootfs/a",
  },
  {
    title: "runc 2025-52565: /dev/console is a link to the host",
    patch: { "/process/terminal": true, ...devBind },
    before: "mkdir dev; ln -s $PWD/canary/file dev/console",
  },
  {
    title: "a device node where a link to the host is",
    patch: { ...devBind, "/linux/devices": [{ path: "/dev/file", type: "c", major: 1, minor: 5 }] },
    before: "mkdir dev; ln -s $PWD/canary/file dev/file",
  },
];

const programs: readonly EscapeRow[] = [
  {
    title: "runc 2019-5736: a script with /proc/self/exe as interpreter",
    patch: { "/process/args": ["/script"] },
    before: "printf '#!/proc/self/exe\\n' > bundle/rootfs/script; chmod 755 bundle/rootfs/script",
  },
  { title: "the program is /proc/self/exe", patch: { "/process/args": ["/proc/self/exe"] } },
  ...[3, 4, 5, 6, 9].map((fd) => ({
    title: `the program is /proc/self/fd/${fd}`,
    patch: { "/process/args": [`/proc/self/fd/${fd}`, "facts"] },
    refused: /no such file|permission denied|not found|is a directory/,
  })),
];

/** Every attempt. */
export const escapeRows: readonly EscapeRow[] = [...links, ...directories, ...masks, ...programs];
