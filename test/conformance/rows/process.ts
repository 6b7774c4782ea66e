// What the process is and may do
import type { Row } from "./row.ts";
import { allCaps, userns, writable } from "./row.ts";

/** What the process is and may do. */
export const processRows: readonly Row[] = [
  { title: "the default config" },
  { title: "the default config among the machine's own cgroups", mode: "host", peers: ["runc"] },
  { title: "a writable root", patch: writable },
  { title: "another user", patch: { "/process/user": { uid: 1000, gid: 2000 } } },
  {
    title: "pipes of another user",
    patch: { "/process/user": { uid: 1000, gid: 2000 } },
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "files of another user",
    patch: { "/process/user": { uid: 1000, gid: 2000 } },
    streams: "files",
    facts: ["+open", "/proc/self/fd/1", "+open", "/proc/self/fd/2"],
  },
  { title: "additional groups", patch: { "/process/user/additionalGids": [5, 7, 100000] } },
  { title: "a umask", patch: { "/process/user/umask": 0o77 } },
  {
    title: "another user with capabilities",
    patch: { "/process/user": { uid: 1000, gid: 1000 }, "/process/capabilities/inheritable": ["CAP_KILL"] },
  },
  { title: "no capabilities", patch: { "/process/capabilities": {} } },
  { title: "no capabilities object", patch: { "/process/capabilities": undefined } },
  {
    title: "many capabilities",
    patch: { "/process/capabilities": { bounding: allCaps, permitted: allCaps, effective: allCaps } },
  },
  {
    title: "ambient capabilities",
    patch: {
      "/process/user": { uid: 3, gid: 3 },
      "/process/capabilities": {
        bounding: ["CAP_KILL", "CAP_CHOWN"],
        permitted: ["CAP_KILL"],
        inheritable: ["CAP_KILL"],
        effective: ["CAP_KILL"],
        ambient: ["CAP_KILL"],
      },
    },
  },
  {
    title: "capabilities that nobody knows",
    patch: { "/process/capabilities/bounding": ["CAP_KILL", "CAP_FLY"], "/process/capabilities/ambient": ["CAP_FLY"] },
  },
  {
    title: "capabilities that are permitted beyond the bounding set",
    patch: { "/process/capabilities": { bounding: ["CAP_KILL"], permitted: allCaps, effective: allCaps } },
  },
  {
    title: "a user with capabilities that are permitted beyond the bounding set",
    patch: {
      "/process/user": { uid: 1000, gid: 1000 },
      "/process/capabilities": { bounding: ["CAP_KILL"], permitted: allCaps, effective: allCaps },
    },
  },
  {
    title: "capabilities that are inheritable beyond the permitted ones",
    patch: {
      "/process/user": { uid: 1000, gid: 1000 },
      "/process/capabilities": { bounding: allCaps, permitted: ["CAP_CHOWN"], inheritable: ["CAP_CHOWN", "CAP_MKNOD"] },
    },
  },
  { title: "new privileges allowed", patch: { "/process/noNewPrivileges": false } },
  {
    title: "resource limits",
    patch: {
      "/process/rlimits": [
        { type: "RLIMIT_NOFILE", soft: 64, hard: 128 },
        { type: "RLIMIT_CORE", soft: 0, hard: 0 },
        { type: "RLIMIT_NPROC", soft: 500, hard: 600 },
        { type: "RLIMIT_AS", soft: 1073741824, hard: 2147483648 },
      ],
    },
  },
  {
    title: "an infinite limit",
    patch: { "/process/rlimits": [{ type: "RLIMIT_CPU", soft: 18446744073709551615n, hard: 18446744073709551615n }] },
  },
  { title: "an OOM score", patch: { "/process/oomScoreAdj": 321 } },
  { title: "arguments", patch: { "/process/args": ["/probe", "facts", "+stat", '/pr\u00f6be "x" \\'] } },
  { title: "a program found in PATH", patch: { "/process/args/0": "probe", "/process/env": ["PATH=/bin:/"] } },
  { title: "an empty environment", patch: { "/process/env": [] } },
  { title: "HOME given", patch: { "/process/env": ["HOME=/somewhere", "PATH=/", "A=", "B=c=d"] } },
  {
    title: "HOME from the image's passwd",
    patch: { "/process/user": { uid: 33, gid: 33 } },
    before: "echo 'web:x:33:33::/home/web:/bin/sh' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from the image's passwd, by number",
    patch: { "/process/user": { uid: 33, gid: 33 } },
    before:
      "printf '%s\\n' '33:x:34:34::/by/name:/bin/sh' 'bad' 'web:x:33:33::/by/number:/bin/sh' 'web:x:33:33::/second:' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME of root from the image's passwd, of which the last line has no end",
    before: "printf 'root:x:0:0:root:/root:/bin/sh' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from the image's passwd, where it is empty",
    before: "printf 'root:x:0:0:root::/bin/sh\\n' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from a passwd that is a link in the image",
    before:
      "printf 'root:x:0:0:root:/linked:/bin/sh\\n' > bundle/rootfs/etc/real; ln -s /etc/real bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from a passwd that is mounted",
    patch: {
      "/mounts/-": { destination: "/etc/passwd", type: "bind", source: "$BASE/passwd", options: ["bind", "ro"] },
    },
    before: "printf 'root:x:0:0:root:/mounted:/bin/sh\\n' > passwd; touch bundle/rootfs/etc/passwd",
  },
  { title: "a working directory", patch: { "/process/cwd": "/home" } },
  { title: "a working directory that is not there", patch: { ...writable, "/process/cwd": "/work/deep" } },
  { title: "a terminal", patch: { "/process/terminal": true }, terminal: "24x80", facts: ["+stat", "/dev/console"] },
  {
    title: "a terminal for another user",
    patch: { "/process/terminal": true, "/process/user": { uid: 1000, gid: 1000 } },
    terminal: "50x132",
  },
];

/** What joins a container. */
export const execRows: readonly Row[] = [
  { title: "exec", exec: [] },
  { title: "exec on a terminal", exec: ["--tty"], terminal: "24x80", peers: ["runc"] },
  {
    title: "exec of a process file that says little",
    exec: ["--process", "$BASE/process.json"],
    before: `echo '{"cwd":"/","args":["/probe","facts"],"user":{"uid":0,"gid":0},"env":[]}' > process.json`,
  },
  {
    title: "exec with HOME from the image's passwd",
    exec: ["--user", "33"],
    before: "printf 'web:x:33:33::/home/web:/bin/sh\\n' > bundle/rootfs/etc/passwd",
  },
  { title: "exec with a capability that nobody knows", exec: ["--cap", "CAP_FLY", "--cap", "CAP_CHOWN"] },
  {
    title: "exec with pipes as another user",
    exec: ["--user", "1000:1000"],
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "exec with pipes in a user namespace",
    patch: userns,
    exec: [],
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    // In a user namespace nobody else counts.
    title: "exec where the user may have one more process",
    patch: {
      ...userns,
      "/process/user": { uid: 5, gid: 5 },
      "/process/rlimits": [{ type: "RLIMIT_NPROC", soft: 2, hard: 2 }],
    },
    exec: [],
  },
];
