// Devices and seccomp
import type { Row } from "./row.ts";
import { seccomp } from "./row.ts";

/** Devices and seccomp. */
export const deviceRows: readonly Row[] = [
  {
    title: "a device",
    patch: {
      "/linux/devices": [{ path: "/dev/mine", type: "c", major: 1, minor: 5, fileMode: 0o640, uid: 3, gid: 4 }],
    },
  },
  {
    title: "a device in a directory",
    patch: { "/linux/devices": [{ path: "/dev/a/b", type: "c", major: 1, minor: 7, fileMode: 0o600 }] },
    facts: ["+dir", "/dev/a"],
  },
  { title: "a pipe", patch: { "/linux/devices": [{ path: "/dev/fifo", type: "p", fileMode: 0o622 }] } },
  {
    title: "a block device",
    patch: { "/linux/devices": [{ path: "/dev/disk", type: "b", major: 7, minor: 99, fileMode: 0o600 }] },
  },
  {
    title: "seccomp with an errno",
    patch: {
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["getsid"], { errnoRet: 22 }),
      "/process/user/additionalGids": [5],
    },
  },
  {
    title: "seccomp by an argument",
    patch: {
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["umask"], {
        errnoRet: 5,
        args: [{ index: 0, value: 511, op: "SCMP_CMP_EQ" }],
      }),
    },
  },
  {
    title: "seccomp with new privileges",
    patch: {
      "/process/noNewPrivileges": false,
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["getsid"]),
      "/process/user/additionalGids": [5],
    },
  },
  {
    title: "seccomp that is older than the kernel's calls, with new privileges and another user",
    patch: {
      "/process/noNewPrivileges": false,
      "/process/user": { uid: 1000, gid: 1000 },
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["openat2", "faccessat2", "clone3"]),
    },
  },
];
