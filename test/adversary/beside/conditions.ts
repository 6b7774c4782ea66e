// Hostile environments, project directories and machines: what surrounds a call, as data.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Field } from "./field.ts";
import type { Caller } from "./types.ts";

/** What surrounds a call. */
export type Condition = {
  readonly attacker: string;
  /** The class of attackers, for the weakened builds and the sample. */
  readonly of: "environment" | "streams" | "limits" | "project" | "names" | "machine";
  readonly as?: Caller;
  /** Words before `coffer`. */
  readonly wrap?: (field: Field) => readonly string[];
  /** The directory that is called from. */
  readonly cwd?: (field: Field) => string;
  readonly make?: (field: Field) => void;
  /** There is nowhere to say what is wrong, or Node itself cannot begin. */
  readonly mute?: true;
  /** Some verbs cannot do what they are for. Otherwise all have to. */
  readonly refuses?: true;
};

const shell = (script: string): readonly string[] => ["sh", "-c", `${script}; exec "$@"`, "sh"];
const env =
  (...words: readonly string[]) =>
  (): readonly string[] => ["env", ...words];
const ran = (field: Field): string => join(field.base, "ran");

/** Programs that say that they ran. */
function makeEvil(field: Field): void {
  const bin = join(field.base, "evil");
  mkdirSync(bin);
  const names = [
    "sh",
    "criu",
    "newuidmap",
    "newgidmap",
    "ps",
    "git",
    "node",
    "npm",
    "systemctl",
    "coffer-helper",
    "mount",
    "id",
    "getent",
  ];
  for (const name of names)
    writeFileSync(join(bin, name), `#!/bin/busybox sh\necho ${name} >> ${ran(field)}\n`, { mode: 0o755 });
}

/** A project whose files would run, if anything loaded them. */
function makeProject(field: Field): void {
  const at = join(field.base, "project");
  const file = (name: string, content: string): void => {
    const path = join(at, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content, { mode: 0o755 });
  };
  const evil = `require("node:fs").appendFileSync(${JSON.stringify(ran(field))}, __filename + "\\n");`;
  for (const name of [
    "@coffer/core",
    "@coffer/spec",
    "@oclif/core",
    "@oclif/plugin-help",
    "evil-plugin",
    "coffer",
    "zod",
    "lossless-json",
  ]) {
    file(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "9.9.9", main: "index.js", oclif: { commands: "." } }),
    );
    file(`node_modules/${name}/index.js`, evil);
  }
  file(
    "package.json",
    JSON.stringify({
      name: "coffer",
      type: "commonjs",
      imports: { "#main": "./evil.js", "#help": "./evil.js", "#package": "./package.json" },
      oclif: { plugins: ["evil-plugin"], hooks: { init: "./evil.js" }, commands: "./evil.js" },
    }),
  );
  for (const name of [
    "evil.js",
    "coffer.config.js",
    "coffer.config.cjs",
    ".cofferrc.js",
    ".oclifrc.js",
    "commands/run.js",
    "index.js",
    "main.js",
  ])
    file(name, evil);
  for (const name of [".cofferrc", ".cofferrc.json", ".oclifrc.json", "policy.json", "coffer.json"])
    file(name, '{"root":"/nowhere"}');
  file(".npmrc", `script-shell=${field.base}/evil/sh\nnode-options=--require ./evil.js\nignore-scripts=false\n`);
  file(".env", "NODE_OPTIONS=--require=./evil.js\n");
  file("node.config.json", '{"nodeOptions":{"import":["./evil.js"]}}');
  file(".git/config", `[core]\n\tfsmonitor = ${field.base}/evil/git\n\thooksPath = .\n`);
  file(".git/HEAD", "ref: refs/heads/main\n");
  file("tsconfig.json", "{");
}

const raw = "$(printf 'n\\377\\303m')";

/** In a mount namespace of its own; only root may. */
const apart =
  (script: string) =>
  (field: Field): readonly string[] => [
    "unshare",
    "-m",
    "sh",
    "-c",
    `${script.replaceAll("$BASE", field.base).replaceAll("$STATE", field.state)} >/dev/null && exec "$@"`,
    "sh",
  ];

/** With these Node itself cannot begin. */
const narrow: readonly (readonly [string, string])[] = [
  ["3 descriptors", "ulimit -n 3"],
  ["12 descriptors", "ulimit -n 12"],
  ["a stack of 64 KiB", "ulimit -s 64"],
];

const limits: readonly (readonly [string, string])[] = [
  ["24 descriptors", "ulimit -n 24"],
  ["32 descriptors", "ulimit -n 32"],
  ["files of no bytes", "ulimit -f 0"],
  ["no locked memory", "ulimit -l 0"],
  ["no core, no pending signals", "ulimit -c 0; ulimit -i 0"],
  ["a file mode mask of 0777", "umask 0777"],
  ["a file mode mask of 0", "umask 0"],
];

const sockets: readonly (readonly [string, string])[] = [
  ["is not there", "/no/such/socket"],
  ["is relative", "notify"],
  ["is longer than an address", `/${"x".repeat(200)}`],
  ["is abstract, and nobody's", "@coffer-nobody"],
  ["is empty", ""],
];

export const conditions: readonly Condition[] = [
  { attacker: "nobody", of: "environment" },
  {
    attacker: "PATH with programs of another user",
    of: "environment",
    make: makeEvil,
    wrap: (field) => ["env", `PATH=${field.base}/evil`],
  },
  { attacker: "no environment", of: "environment", wrap: env("-i") },
  {
    attacker: "TMPDIR, HOME and XDG_* of another user",
    of: "environment",
    wrap: (field) => [
      "env",
      ...["TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"].map(
        (name) => `${name}=${field.parent}`,
      ),
    ],
  },
  {
    attacker: "TMPDIR, HOME and XDG_* that are relative",
    of: "environment",
    wrap: env(
      ...["TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"].map(
        (name) => `${name}=../relative`,
      ),
    ),
  },
  {
    attacker: "HOME and values that are not UTF-8",
    of: "names",
    wrap: () => shell(`export HOME=/tmp/${raw} XDG_CACHE_HOME=/tmp/${raw} TERM=${raw} LANG=${raw} ${"ODD"}=${raw}`),
  },
  {
    attacker: "a locale that does not exist",
    of: "environment",
    wrap: env("LC_ALL=xx_YY.KOI8-R", "LANG=../../etc", "LANGUAGE=%n%s"),
  },
  {
    attacker: "LISTEN_FDS that is no number",
    of: "environment",
    wrap: () => shell("export LISTEN_PID=$$ LISTEN_FDS=1e9x"),
  },
  {
    attacker: "LISTEN_FDS without descriptors",
    refuses: true,
    of: "environment",
    wrap: () => shell("export LISTEN_PID=$$ LISTEN_FDS=1000"),
  },
  {
    attacker: "LISTEN_FDS of four thousand millions",
    refuses: true,
    of: "environment",
    wrap: () => shell("export LISTEN_PID=$$ LISTEN_FDS=4294967296"),
  },
  ...sockets.map(
    ([what, value]): Condition => ({
      attacker: `NOTIFY_SOCKET that ${what}`,
      of: "environment",
      refuses: true,
      wrap: env(`NOTIFY_SOCKET=${value}`),
    }),
  ),
  {
    attacker: "Node's debugging variables",
    of: "environment",
    wrap: (field) => ["env", `NODE_EXTRA_CA_CERTS=${field.vault}/file`, "NODE_DEBUG=", "NODE_PENDING_DEPRECATION=0"],
    as: "user",
  },
  {
    attacker: "NODE_PATH with modules of another user",
    of: "environment",
    make: makeProject,
    wrap: (field) => ["env", `NODE_PATH=${field.base}/project/node_modules`],
  },
  {
    attacker: "4000 variables",
    of: "environment",
    wrap: () =>
      shell('i=0; while [ $i -lt 4000 ]; do export V$i="0123456789012345678901234567890123456789"; i=$((i+1)); done'),
  },
  { attacker: "standard input closed", of: "streams", wrap: () => ["sh", "-c", 'exec "$@" <&-', "sh"] },
  { attacker: "standard output closed", refuses: true, of: "streams", wrap: () => ["sh", "-c", 'exec "$@" >&-', "sh"] },
  {
    attacker: "all standard streams closed",
    refuses: true,
    of: "streams",
    mute: true,
    wrap: () => ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"],
  },
  {
    attacker: "a full device as standard output",
    refuses: true,
    of: "streams",
    wrap: () => ["sh", "-c", 'exec "$@" >/dev/full', "sh"],
  },
  {
    attacker: "standard output only to be read",
    refuses: true,
    of: "streams",
    wrap: () => ["sh", "-c", 'exec "$@" 1</dev/zero', "sh"],
  },
  {
    attacker: "a directory as standard input",
    refuses: true,
    of: "streams",
    wrap: () => ["sh", "-c", 'exec "$@" </', "sh"],
  },
  {
    attacker: "signals ignored",
    of: "streams",
    wrap: () => ["env", "--ignore-signal=CHLD", "--ignore-signal=TERM", "--ignore-signal=PIPE", "--ignore-signal=HUP"],
  },
  { attacker: "signals blocked", of: "streams", wrap: () => ["env", "--block-signal"] },
  ...narrow.map(
    ([what, script]): Condition => ({
      attacker: what,
      of: "limits",
      mute: true,
      refuses: true,
      wrap: () => shell(script),
    }),
  ),
  ...limits.map(
    ([what, script]): Condition => ({ attacker: what, of: "limits", refuses: true, wrap: () => shell(script) }),
  ),
  {
    attacker: "a project directory that loads itself",
    of: "project",
    make: (field) => {
      makeEvil(field);
      makeProject(field);
    },
    cwd: (field) => join(field.base, "project"),
  },
  {
    attacker: "a working directory that is gone",
    refuses: true,
    of: "names",
    wrap: () => shell('mkdir -p /tmp/cft-gone.$$ && cd /tmp/cft-gone.$$ && rmdir "$PWD"'),
  },
  {
    attacker: "a working directory that is not UTF-8",
    of: "names",
    wrap: (field) => shell(`cd ${field.base}/new && mkdir -p ${raw} && cd ${raw}`),
  },
  {
    attacker: "a process name that is not UTF-8",
    of: "names",
    wrap: () => shell("printf 'a)\\377 R 1\\n' > /proc/self/comm || :"),
  },
  {
    attacker: "a mount that is not UTF-8",
    of: "names",
    as: "root",
    wrap: apart(`mkdir -p $BASE/${raw} && mount -t tmpfs none $BASE/${raw}`),
  },
  {
    attacker: "a passwd that is not UTF-8, of 5 MB",
    of: "machine",
    as: "root",
    wrap: apart(
      "{ printf 'r\\377ot:x:0:0::/:/\\n'; cat /etc/passwd; yes 'u:x:70000:70000:a long comment of somebody:/home/u:/bin/sh' | head -c 5000000; } > $BASE/passwd && mount --bind $BASE/passwd /etc/passwd",
    ),
  },
  {
    attacker: "/etc/subuid and subgid of 5 MB",
    of: "machine",
    as: "root",
    wrap: apart(
      "{ yes 'somebody:1000000:65536' | head -c 5000000; echo; printf '\\377\\n'; } > $BASE/subuid && mount --bind $BASE/subuid /etc/subuid && mount --bind $BASE/subuid /etc/subgid",
    ),
  },
  {
    attacker: "10,000 mounts",
    of: "machine",
    as: "root",
    wrap: apart(`mount -t tmpfs none /mnt && mkdir /mnt/m && python3 -c '
import ctypes, os
c = ctypes.CDLL(None)
for i in range(10000): assert c.mount(b"/mnt/m", b"/mnt/m", None, 4096, None) == 0'`),
  },
  {
    attacker: "a full disk",
    refuses: true,
    of: "machine",
    as: "root",
    wrap: apart("mount -t tmpfs -o size=4k,mode=700 none $STATE && head -c 4096 /dev/zero > $STATE/full"),
  },
  {
    attacker: "a state root that is read-only",
    refuses: true,
    of: "machine",
    as: "root",
    wrap: apart("mount --bind $STATE $STATE && mount -o remount,bind,ro $STATE"),
  },
  {
    attacker: "no inodes left",
    refuses: true,
    of: "machine",
    as: "root",
    wrap: apart("mount -t tmpfs -o nr_inodes=2,mode=700 none $STATE"),
  },
  {
    attacker: "/proc that is none",
    refuses: true,
    of: "machine",
    as: "root",
    wrap: apart("mount -t tmpfs none /proc"),
  },
  { attacker: "/sys that is none", refuses: true, of: "machine", as: "root", wrap: apart("mount -t tmpfs none /sys") },
  {
    attacker: "/dev without devices",
    refuses: true,
    of: "machine",
    as: "root",
    wrap: apart("mount -t tmpfs none /dev"),
  },
  {
    attacker: "no user namespaces left",
    refuses: true,
    of: "machine",
    as: "user",
    wrap: () => ["unshare", "-Ur", ...shell("echo 0 > /proc/sys/user/max_user_namespaces")],
  },
  {
    attacker: "no mount namespaces left",
    refuses: true,
    of: "machine",
    as: "user",
    wrap: () => ["unshare", "-Ur", ...shell("echo 0 > /proc/sys/user/max_mnt_namespaces")],
  },
  {
    attacker: "no inotify left",
    refuses: true,
    of: "machine",
    as: "user",
    wrap: () => ["unshare", "-Ur", ...shell("echo 0 > /proc/sys/user/max_inotify_instances")],
  },
];

/** Whose programs run, if any did. */
export const marksOf = (field: Field): string => ran(field);
