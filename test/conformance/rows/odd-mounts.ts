// Odd mounts
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { bind, fileBind, tmpfs, userns, writable } from "./row.ts";

const at = (title: string, mount: Json, more: Partial<Row> = {}): Row => ({
  title: `a mount: ${title}`,
  ...more,
  patch: { "/mounts/-": mount, ...more.patch },
});

const words = (...options: readonly string[]): Row => at(`bind,${options.join(",")}`, bind("/mnt", ...options));

const sub = "mkdir -p canary/sub; mount -t tmpfs t canary/sub";
const shared = "mount --bind canary canary; mount --make-shared canary";
const restricted = "mount --bind canary canary; mount -o remount,bind,ro,noexec canary";
/** Within the private mount namespace of the test. */
const makeShared = "mount --make-rshared /";

/** A bind from the shared mount that the root directory is on. */
const ofRootMount = (words: string, patch: Patch = {}, ...options: readonly string[]): Row => ({
  title: `a mount: a bind from the mount of the root directory: ${words}`,
  patch: { ...patch, "/mounts/-": bind("/mnt", ...options) },
  before: makeShared,
});

const under = (...options: readonly string[]): Row =>
  at(
    `rbind,${options.join(",")} of a tree`,
    { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", ...options] },
    { before: sub },
  );

const fresh = (...options: readonly string[]): Row => at(`tmpfs,${options.join(",")}`, tmpfs("/mnt", ...options));

const type = (name: string, destination: string, options: readonly string[], patch: Patch = {}): Row =>
  at(`${name} ${options.join(",")} on ${destination}`, { destination, type: name, source: name, options }, { patch });

const from = (title: string, destination: string, source: string, before: string, ...options: readonly string[]): Row =>
  at(title, { destination, type: "bind", source, options: ["bind", ...options] }, { before, patch: writable });

/** Odd mounts. */
export const oddMountRows: readonly Row[] = [
  at("a destination with ..", bind("/mnt/../home"), { facts: ["+dir", "/home"] }),
  at("a destination that climbs over the root", bind("/../../mnt"), { facts: ["+dir", "/mnt"] }),
  at("a destination with .. through a link", bind("/link/../etc2"), {
    before: "ln -s mnt bundle/rootfs/link",
    patch: writable,
    facts: ["+dir", "/"],
  }),
  at("a missing destination with ..", bind("/new/a/../b"), { patch: writable, facts: ["+dir", "/new"] }),
  at("a relative destination", bind("mnt"), { facts: ["+dir", "/mnt"] }),
  at("a relative destination with ./", bind("./mnt/."), { facts: ["+dir", "/mnt"] }),
  at("a destination with slashes", bind("//mnt//")),
  at("a destination on a dangling link", bind("/gone"), {
    before: "ln -s /made bundle/rootfs/gone",
    patch: writable,
    facts: ["+dir", "/"],
  }),
  at("a destination on a link that climbs", bind("/up"), {
    before: "ln -s ../../../mnt bundle/rootfs/up",
    facts: ["+dir", "/mnt"],
  }),
  at("a file on a link", fileBind("/l"), { before: "ln -s etc/motd bundle/rootfs/l", facts: ["+file", "/etc/motd"] }),
  at("a file on a dangling link", fileBind("/l"), {
    before: "ln -s /etc/made bundle/rootfs/l",
    patch: writable,
    facts: ["+dir", "/etc"],
  }),
  words("ro", "rw"),
  words("rw", "ro"),
  words("ro", "suid", "nosuid"),
  words("noexec", "exec"),
  words("nodev", "dev"),
  words("relatime"),
  words("norelatime"),
  words("strictatime"),
  words("nodiratime"),
  words("diratime"),
  words("atime"),
  words("noatime", "atime"),
  words("noatime", "relatime"),
  words("strictatime", "noatime"),
  words("nosymfollow"),
  words("symfollow"),
  words("sync"),
  words("async"),
  words("dirsync"),
  words("mand"),
  words("nomand"),
  words("silent"),
  words("loud"),
  words("iversion"),
  words("noiversion"),
  words("lazytime"),
  words("nolazytime"),
  words("defaults"),
  words("private"),
  words("rprivate"),
  words("slave"),
  words("rslave"),
  words("unbindable"),
  words("runbindable"),
  words("shared"),
  words("rbind", "private", "slave"),
  words("rro"),
  words("rrw"),
  words("rnosuid"),
  words("rsuid"),
  words("rnodev"),
  words("rnoexec"),
  words("rexec"),
  words("rnoatime"),
  words("rrelatime"),
  words("rstrictatime"),
  words("rnosymfollow"),
  words("ro", "rrw"),
  words("rro", "rw"),
  words("nofail"),
  words("x-systemd.automount"),
  words("z"),
  under("ro"),
  under("rro"),
  under("ro", "rrw"),
  under("rro", "rw"),
  under("rro", "rrw"),
  under("bind"),
  under("nosuid", "nodev", "noexec"),
  under("rnosuid", "rnodev"),
  under("rprivate"),
  under("rslave"),
  under("rnoatime"),
  fresh("size=50%"),
  fresh("size=1m", "nr_inodes=100"),
  fresh("mode=1777"),
  fresh("mode=01777"),
  fresh("nr_blocks=100"),
  fresh("uid=1", "gid=2"),
  fresh("rprivate"),
  fresh("shared"),
  fresh("slave"),
  fresh("sync", "dirsync"),
  fresh("huge=never"),
  fresh("tmpcopyup"),
  fresh("tmpcopyup", "ro"),
  fresh("relatime"),
  fresh("private", "noexec"),
  fresh("rro"),
  {
    title: "a mount: tmpfs without options on a directory of mode 700",
    patch: { "/mounts/-": tmpfs("/mnt") },
    before: "chmod 700 bundle/rootfs/mnt",
    facts: ["+stat", "/mnt"],
  },
  {
    title: "a mount: tmpfs without options field",
    patch: { "/mounts/-": { destination: "/mnt", type: "tmpfs", source: "tmpfs" } },
  },
  { title: "a mount: tmpfs without source", patch: { "/mounts/-": { destination: "/mnt", type: "tmpfs" } } },
  {
    title: "a mount: tmpfs with another source",
    patch: { "/mounts/-": { destination: "/mnt", type: "tmpfs", source: "none" } },
  },
  {
    title: "a mount: a bind without type",
    patch: { "/mounts/-": { destination: "/mnt", source: "$BASE/canary", options: ["bind"] } },
    facts: ["+dir", "/mnt"],
  },
  {
    title: "a mount: a bind of type none",
    patch: { "/mounts/-": { destination: "/mnt", type: "none", source: "$BASE/canary", options: ["rbind", "ro"] } },
  },
  {
    title: "a mount: a bind of another type",
    patch: { "/mounts/-": { destination: "/mnt", type: "ext4", source: "$BASE/canary", options: ["bind"] } },
  },
  type("proc", "/mnt", ["nosuid"]),
  type("sysfs", "/mnt", ["ro"]),
  type("mqueue", "/mnt", ["nosuid"]),
  type("devpts", "/mnt", ["newinstance", "ptmxmode=0666"]),
  type("ramfs", "/mnt", ["mode=700"]),
  type("cgroup2", "/mnt", ["ro"]),
  type("cgroup", "/mnt", ["ro"]),
  type("bpf", "/mnt", ["mode=700"]),
  type("tmpfs", "/sys/fs", []),
  type("tmpfs", "/dev/x", ["mode=755"]),
  type("tmpfs", "/probe.d/a/b", [], writable),
  type("tmpfs", "/dev/shm", ["size=1m"]),
  from("a file on a file of /proc", "/proc/uptime", "$BASE/canary/file", ":"),
  from("a file on /dev/x", "/dev/x", "$BASE/canary/file", ":"),
  from("a socket", "/etc/sock", "$BASE/sock", "python3 -c 'import socket; socket.socket(1).bind(\"sock\")'"),
  from("a fifo", "/etc/fifo", "$BASE/fifo", "mkfifo fifo"),
  from("a device", "/dev/zero2", "/dev/zero", ":"),
  from("a link as source", "/mnt", "$BASE/to", "ln -s canary to"),
  from("a link to a link as source", "/mnt", "$BASE/to", "ln -s canary one; ln -s one to"),
  from("a source with ..", "/mnt", "$BASE/bundle/../canary", ":"),
  from("a relative source", "/mnt", "../canary", ":"),
  from("a relative source with ./", "/mnt", "./data", "mkdir bundle/data"),
  from("a source beneath the root that is there", "/mnt", "$BASE/bundle/rootfs/etc", ":"),
  from("the root as source", "/mnt", "$BASE/bundle/rootfs", ":"),
  from("a shared source", "/mnt", "$BASE/canary", shared, "rslave"),
  from("the whole host", "/mnt", "/", ":", "ro"),
  from("a source that is restricted on the host", "/mnt", "$BASE/canary", restricted),
  from("a source that is restricted on the host, with a word", "/mnt", "$BASE/canary", restricted, "nosuid"),
  from("a source that is restricted on the host, with words for it", "/mnt", "$BASE/canary", restricted, "rw", "exec"),
  from("an unreadable directory as source", "/mnt", "$BASE/closed", "mkdir -m 0 closed"),
  {
    title: "a mount: a source beneath the root that an earlier mount makes",
    patch: {
      ...writable,
      "/mounts/6": bind("/data"),
      "/mounts/7": { destination: "/mnt", type: "bind", source: "$BASE/bundle/rootfs/data", options: ["bind"] },
    },
    before: "mkdir bundle/rootfs/data",
    facts: ["+dir", "/mnt"],
  },
  {
    title: "a mount: a source beneath the root that an earlier mount makes, and that is missing before",
    patch: {
      ...writable,
      "/mounts/6": bind("/made"),
      "/mounts/7": { destination: "/mnt", type: "bind", source: "$BASE/bundle/rootfs/made", options: ["bind"] },
    },
    facts: ["+dir", "/mnt"],
  },
  { title: "a mount: the same twice", patch: { "/mounts/6": bind("/mnt"), "/mounts/7": bind("/mnt", "ro") } },
  { title: "a mount: a tmpfs over a bind", patch: { "/mounts/6": bind("/mnt"), "/mounts/7": tmpfs("/mnt") } },
  ...[[], ["nosuid"], ["ro"], ["noexec", "noatime"]].map((options) => ({
    title: `a mount: /dev without a mode, with [${options.join()}]`,
    patch: { "/mounts/1/options": options },
  })),
  { title: "a mount: /dev without options", patch: { "/mounts/1/options": undefined } },
  { title: "a mount: a tmpfs on /sys without a mode", patch: { "/mounts/6": tmpfs("/sys") } },
  { title: "a mount: /dev twice", patch: { "/mounts/6": tmpfs("/dev", "mode=755") } },
  {
    title: "a mount: /proc twice",
    patch: { "/mounts/6": { destination: "/proc", type: "proc", source: "proc", options: ["ro"] } },
  },
  { title: "a mount: read-only /proc", patch: { "/mounts/0/options": ["ro"] } },
  {
    title: "a mount: /proc bound",
    patch: { "/mounts/0": { destination: "/proc", type: "bind", source: "/proc", options: ["rbind"] } },
  },
  { title: "a mount: no /sys", patch: { "/mounts/5": tmpfs("/mnt") } },
  {
    title: "a mount: /dev of the host",
    patch: {
      "/mounts/1": { destination: "/dev", type: "bind", source: "/dev", options: ["rbind", "rslave"] },
      "/mounts/2": tmpfs("/mnt"),
      "/mounts/3": tmpfs("/home"),
    },
  },
  {
    title: "a mount: /sys with a relative word",
    patch: { "/mounts/5/options": ["ro", "nosuid", "noexec", "nodev", "relatime"] },
  },
  { title: "a mount: a user namespace and a bind", patch: { ...userns, "/mounts/-": bind("/mnt", "ro") } },
  {
    title: "a mount: a user namespace and a tmpfs of ids",
    patch: { ...userns, "/mounts/-": tmpfs("/mnt", "uid=5", "gid=6") },
  },
  {
    title: "a mount: a user namespace and a recursive bind",
    patch: { ...userns, "/mounts/-": bind("/mnt", "rbind", "nosuid") },
    before: sub,
  },
  { title: "a mount: masked path with ..", patch: { "/linux/maskedPaths": ["/proc/../etc"] }, facts: ["+dir", "/etc"] },
  { title: "a mount: the root is masked", patch: { "/linux/maskedPaths": ["/", "/.."] }, facts: ["+dir", "/"] },
  { title: "a mount: masked paths twice", patch: { "/linux/maskedPaths": ["/etc", "/etc"] }, facts: ["+dir", "/etc"] },
  {
    title: "a mount: a masked link",
    patch: { "/linux/maskedPaths": ["/l"] },
    before: "ln -s etc bundle/rootfs/l",
    facts: ["+dir", "/etc"],
  },
  { title: "a mount: a masked file", patch: { "/linux/maskedPaths": ["/etc/motd"] }, facts: ["+file", "/etc/motd"] },
  { title: "a mount: read-only path with ..", patch: { ...writable, "/linux/readonlyPaths": ["/tmp/../home"] } },
  {
    title: "a mount: a read-only link",
    patch: { ...writable, "/linux/readonlyPaths": ["/l"] },
    before: "ln -s home bundle/rootfs/l",
  },
  { title: "a mount: a read-only file", patch: { ...writable, "/linux/readonlyPaths": ["/etc/motd"] } },
  { title: "a mount: the root as a read-only path", patch: { ...writable, "/linux/readonlyPaths": ["/"] } },
  {
    title: "a mount: /tmp masked and bound beneath",
    patch: { "/mounts/-": bind("/tmp/x"), "/linux/maskedPaths": ["/tmp"] },
    before: "mkdir bundle/rootfs/tmp/x",
  },
  {
    title: "a mount: a shared root and a shared bind",
    patch: { "/linux/rootfsPropagation": "rshared", "/mounts/-": bind("/mnt", "rshared") },
    before: shared,
  },
  {
    title: "a mount: a shared root of a shared host",
    patch: { "/linux/rootfsPropagation": "rshared" },
    before: makeShared,
  },
  {
    title: "a mount: a slave root of a shared host",
    patch: { "/linux/rootfsPropagation": "rslave" },
    before: makeShared,
  },
  {
    title: "a mount: a private root of a shared host",
    patch: { "/linux/rootfsPropagation": "rprivate" },
    before: makeShared,
  },
  { title: "a mount: an unbindable root", patch: { "/linux/rootfsPropagation": "unbindable" } },
  {
    title: "a mount: an unbindable root, and a read-only path of it",
    patch: { ...writable, "/linux/rootfsPropagation": "unbindable", "/linux/readonlyPaths": ["/home"] },
  },
  { title: "a mount: a tmpfs with two options in one", patch: { "/mounts/-": tmpfs("/mnt", "uid=5,gid=6,") } },
  {
    title: "a mount: an overlay with every option in one",
    patch: {
      "/mounts/-": {
        destination: "/mnt",
        type: "overlay",
        source: "overlay",
        options: ["lowerdir=$BASE/l,upperdir=$BASE/a\\,b,workdir=$BASE/w"],
      },
    },
    before: "mkdir l a,b w; touch l/x",
    facts: ["+dir", "/mnt"],
  },
  { title: "a mount: no word for the root of a shared host", before: makeShared },
  ofRootMount("no word"),
  ofRootMount("no word, with what is beneath", {}, "rbind"),
  ofRootMount("slave", {}, "rbind", "rslave"),
  ofRootMount("shared", {}, "rshared"),
  ofRootMount("no word, the root slave", { "/linux/rootfsPropagation": "slave" }),
  ofRootMount("slave, the root rslave", { "/linux/rootfsPropagation": "rslave" }, "rslave"),
  ofRootMount("slave, the root private", { "/linux/rootfsPropagation": "private" }, "rslave"),
  ofRootMount("shared, the root shared", { "/linux/rootfsPropagation": "shared" }, "rshared"),
  ofRootMount("no word, in a user namespace", userns),
  ofRootMount("slave, in a user namespace", userns, "rslave"),
  {
    title: "a mount: a slave bind in a user namespace, the root rprivate",
    patch: { ...userns, "/linux/rootfsPropagation": "rprivate", "/mounts/-": bind("/mnt", "rslave") },
    before: shared,
  },
  { title: "a mount: an idmap word in a user namespace", patch: { ...userns, "/mounts/-": bind("/mnt", "idmap") } },
  {
    title: "a mount: a ridmap word in a user namespace",
    patch: { ...userns, "/mounts/-": bind("/mnt", "rbind", "ridmap") },
  },
];
