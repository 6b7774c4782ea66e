// Odd devices, device rules and filters
import type { Json } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { bind, fileBind, seccomp, tmpfs, userns, writable } from "./row.ts";

const device = (title: string, value: { readonly [name: string]: Json }, more: Partial<Row> = {}): Row => ({
  title: `a device: ${title}`,
  ...more,
  patch: { "/linux/devices": [{ path: "/dev/x", type: "c", major: 1, minor: 5, ...value }], ...more.patch },
});

/** A bind of a device of the host. */
const hostDevice = (destination: string): Json => ({
  destination,
  type: "bind",
  source: "/dev/urandom",
  options: ["bind"],
});

const inUserns: Partial<Row> = { patch: userns, facts: ["+stat", "/dev/x", "+stat", "/dev/d", "+stat", "/dev/d/x"] };

const rules = (title: string, ...list: readonly Json[]): Row => ({
  title: `device rules: ${title}`,
  patch: { "/linux/resources/devices": list },
});

const filter = (title: string, value: { readonly [name: string]: Json }): Row => ({
  title: `a filter: ${title}`,
  patch: { "/linux/seccomp": { defaultAction: "SCMP_ACT_ALLOW", ...value }, "/process/user/additionalGids": [5] },
});

const one = (title: string, value: { readonly [name: string]: Json }): Row =>
  filter(title, { syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO", ...value }] });

const all = { allow: true, access: "rwm" };

/** Odd devices, device rules and filters. */
export const oddDeviceRows: readonly Row[] = [
  device("a path with ..", { path: "/dev/../dev/y" }),
  device("a path that climbs over the root", { path: "/../../dev/y" }),
  device("a path outside /dev", { path: "/etc/y" }, { patch: writable, facts: ["+dir", "/etc"] }),
  device("a path in a missing directory", { path: "/new/y" }, { patch: writable, facts: ["+dir", "/new"] }),
  device("a path with slashes", { path: "//dev//y" }),
  device("a path with dots", { path: "/dev/./y" }),
  device("a default one again", { path: "/dev/null", minor: 3 }),
  device("a default one as another", { path: "/dev/null" }),
  device("a default one of another mode", { path: "/dev/null", minor: 3, fileMode: 0o600, uid: 1, gid: 2 }),
  device("a relative path", { path: "y" }, { patch: writable, facts: ["+stat", "/y"] }),
  device("an owner that is none", { path: "/dev/y", uid: 0xffffffff, gid: 0xffffffff }),
  device("/dev/ptmx", { path: "/dev/ptmx", major: 5, minor: 2 }),
  device("no mode", { path: "/dev/y" }),
  device("a mode with a type", { path: "/dev/y", fileMode: 0o20640 }),
  device("a mode of set-user-id", { path: "/dev/y", fileMode: 0o4755 }),
  device("a mode of 0", { path: "/dev/y", fileMode: 0 }),
  device("an owner", { path: "/dev/y", uid: 5, gid: 6 }),
  device("unbuffered", { type: "u" }),
  device("a fifo with numbers", { type: "p" }),
  device("large numbers", { major: 250, minor: 1000 }),
  device("zero numbers", { major: 0, minor: 0 }),
  device("a block device that nobody has", { type: "b", major: 99, minor: 7 }),
  {
    title: "a device: twice, with another mode and owner",
    patch: {
      "/linux/devices": [
        { path: "/dev/x", type: "c", major: 1, minor: 5 },
        { path: "/dev/x", type: "c", major: 1, minor: 5, fileMode: 0o600, uid: 7 },
      ],
    },
    facts: ["+stat", "/dev/x"],
  },
  device("beneath a link of /dev", { path: "/dev/fd/5" }, { facts: ["+dir", "/dev/fd"] }),
  device("where a mount is", { path: "/dev/y" }, { patch: { "/mounts/-": hostDevice("/dev/y") } }),
  device("where a mount of a file is", { path: "/dev/y" }, { patch: { "/mounts/-": fileBind("/dev/y") } }),
  ...["/dev/random", "/dev/tty"].flatMap((path) => [
    { title: `a mount on ${path}`, patch: { "/mounts/-": hostDevice(path) } },
    { title: `a mount on ${path}, in a user namespace`, patch: { ...userns, "/mounts/-": hostDevice(path) } },
  ]),
  {
    title: "a mount on /dev/zero, beneath a later /dev",
    patch: { "/mounts/6": hostDevice("/dev/zero"), "/mounts/7": tmpfs("/dev", "mode=755") },
  },
  { title: "a directory on /dev/full", patch: { "/mounts/-": bind("/dev/full") } },
  device("a default one in a user namespace", { path: "/dev/zero", minor: 5 }, { patch: userns }),
  device("with an owner and a mode, in a user namespace", { fileMode: 0o640, uid: 7, gid: 8 }, inUserns),
  device(
    "that the host lacks, in a user namespace",
    { path: "/dev/d/x", type: "b", major: 99, minor: 7, fileMode: 0o606 },
    inUserns,
  ),
  device(
    "a default one with an owner, in a user namespace",
    { path: "/dev/null", minor: 3, uid: 5 },
    {
      patch: userns,
      facts: ["+stat", "/dev/null", "+stat", "/dev/tty"],
    },
  ),
  {
    title: "a tmpfs on /dev with an owner and read-only, in a user namespace",
    patch: { ...userns, "/mounts/1": tmpfs("/dev", "mode=750", "uid=5", "gid=6", "ro", "nosuid") },
    facts: ["+stat", "/dev", "+stat", "/dev/null"],
  },
  device("on a link", { path: "/dev/y" }, { patch: { "/mounts/6": tmpfs("/dev/d", "mode=755") } }),
  device(
    "on a mount of the config",
    { path: "/mnt/y" },
    { patch: { "/mounts/6": tmpfs("/mnt", "mode=755") }, facts: ["+dir", "/mnt"] },
  ),
  // Two of them are in directories that are no part of the bind.
  ...["/dev/y", "/mnt/y", "/y"].map((path) =>
    device(
      `${path}, where a bind is on /dev`,
      { path },
      {
        patch: {
          ...writable,
          "/mounts/1": { destination: "/dev", type: "bind", source: "$BASE/dev", options: ["bind", "rprivate"] },
          "/mounts/2": tmpfs("/mnt", "mode=755"),
          "/mounts/3": tmpfs("/home", "mode=755"),
          "/mounts/4": tmpfs("/opt", "mode=755"),
        },
        before: "mkdir dev; mknod -m 666 dev/null c 1 3",
        facts: ["+dir", "/dev", "+dir", "/mnt", "+dir", "/"],
      },
    ),
  ),
  {
    title: "a device: twice the same",
    patch: {
      "/linux/devices": [
        { path: "/dev/x", type: "c", major: 1, minor: 5 },
        { path: "/dev/x", type: "c", major: 1, minor: 5 },
      ],
    },
  },
  {
    title: "a device: the devices of a phone",
    patch: {
      "/linux/devices": [
        { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666 },
        { path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o666 },
      ],
    },
    facts: ["+dir", "/dev/net"],
  },
  rules("none is allowed", { allow: false, access: "rwm" }),
  rules("all are allowed", all),
  rules("all are allowed, by type a", { ...all, type: "a" }),
  rules(
    "one after all",
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  ),
  rules("any minor", { allow: true, type: "c", major: 1, access: "rw" }),
  rules("any minor, as -1", { allow: true, type: "c", major: 1, minor: -1, access: "rw" }),
  rules("any major, as -1", { allow: true, type: "c", major: -1, minor: -1, access: "m" }),
  rules("without access", { allow: true, type: "c", major: 1, minor: 3 }),
  rules("with an empty access", { allow: true, type: "c", major: 1, minor: 3, access: "" }),
  rules("with an empty type", { allow: false, type: "", access: "rwm" }),
  rules("a denial after all", all, { allow: false, type: "b", major: 8, access: "w" }),
  rules(
    "the same twice",
    { allow: true, type: "b", major: 8, minor: 0, access: "r" },
    { allow: true, type: "b", major: 8, minor: 0, access: "r" },
  ),
  filter("no rules", {}),
  filter("an empty list of rules", { syscalls: [] }),
  filter("null for rules", { syscalls: null }),
  filter("no architectures", { architectures: [], syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO" }] }),
  filter("an architecture twice", { architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X86"] }),
  filter("a listener path with nobody and no rule", { listenerPath: "/run/nobody.sock", listenerMetadata: "m" }),
  filter("an empty listener path", { listenerPath: "", listenerMetadata: "" }),
  filter("a log flag", {
    flags: ["SECCOMP_FILTER_FLAG_LOG"],
    syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO" }],
  }),
  filter("a flag of sync", {
    flags: ["SECCOMP_FILTER_FLAG_TSYNC"],
    syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO" }],
  }),
  filter("a flag of speculation", {
    flags: ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
    syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO" }],
  }),
  filter("flags twice", {
    flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_LOG"],
    syscalls: [{ names: ["getsid"], action: "SCMP_ACT_ERRNO" }],
  }),
  one("an unknown call", { names: ["getsid", "frobnicate"] }),
  one("only an unknown call", { names: ["frobnicate"] }),
  one("a call twice", { names: ["getsid", "getsid"] }),
  one("an errno of 0", { errnoRet: 0 }),
  one("an action of logging", { action: "SCMP_ACT_LOG" }),
  one("an action of tracing", { action: "SCMP_ACT_TRACE", errnoRet: 1 }),
  one("an action of killing a thread", { names: ["reboot"], action: "SCMP_ACT_KILL_THREAD" }),
  one("an action of killing", { names: ["reboot"], action: "SCMP_ACT_KILL" }),
  one("an action of killing the process", { names: ["reboot"], action: "SCMP_ACT_KILL_PROCESS" }),
  one("an action of a trap", { names: ["reboot"], action: "SCMP_ACT_TRAP" }),
  one("an empty list of arguments", { args: [] }),
  one("null for arguments", { args: null }),
  one("a masked argument", { args: [{ index: 0, value: 1, valueTwo: 1, op: "SCMP_CMP_MASKED_EQ" }] }),
  one("two conditions of an argument", {
    args: [
      { index: 0, value: 1, op: "SCMP_CMP_GT" },
      { index: 0, value: 9, op: "SCMP_CMP_LT" },
    ],
  }),
  one("a value of 64 bits", { args: [{ index: 0, value: 18446744073709551615n, op: "SCMP_CMP_EQ" }] }),
  {
    title: "a filter: a default of an errno",
    patch: {
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["getsid"], { errnoRet: 1 }),
      "/process/noNewPrivileges": false,
    },
  },
];
