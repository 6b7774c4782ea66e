// docs/security/waits.md has every function of the helper that can wait, and no other (R14).
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { launchFolders, repository } from "../helpers/build.ts";

/** Kernel calls that can wait for somebody, and the functions of the helper that make them for others. */
const calls = [
  ...[
    "ppoll",
    "waitid",
    "rt_sigtimedwait",
    "wait4",
    "recvmsg",
    "recvfrom",
    "readv",
    "accept4",
    "connect",
    "flock",
    "nanosleep",
  ],
  ...["sendmsg", "sendto", "sendfile", "splice", "execve", "execveat"],
];
const helpers = [
  ...["sys_read", "sys_write", "poll_fds", "wait_readable", "wait_writable", "wait_input", "spawn_wait", "sleep_ms"],
  ...[
    "msg_receive",
    "msg_send",
    "caller_read",
    "init_receive",
    "process_reap",
    "process_status",
    "process_kill",
    "process_ends",
  ],
  ...[
    "in_directory",
    "frame_receive",
    "satellite_ask",
    "satellite_end",
    "satellites_end",
    "satellites_leave",
    "await",
    "CLONE_VFORK",
    "O_RDONLY",
    "O_WRONLY",
    "O_RDWR",
  ],
];
const waiting = new RegExp(`\\bSYS\\d\\((${calls.join("|")})\\b|\\b(${helpers.join("|")})\\b`, "g");

/** The name of a function in the lines of its head. */
const nameOf = (head: string): string => /(\w+)\((?:[^()]|\([^()]*\))*\)\s*$/.exec(head)?.[1] ?? "";

/** `file function` → the calls of it that wait. */
function inSource(file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  let [head, name] = ["", ""];
  for (const line of readFileSync(join(repository, "helper-c", file), "utf8").split("\n")) {
    if (line === "{") name = nameOf(head);
    else if (line === "}") name = "";
    else if (name === "") head = /^\w/.test(line) ? line : `${head} ${line.trim()}`;
    else
      for (const [, call, helper = ""] of line.matchAll(waiting)) {
        const key = `${file} ${name}`;
        found.set(key, (found.get(key) ?? new Set()).add(call ?? helper));
      }
  }
  return found;
}

/** The same of all sources of the launcher and init. */
function inSources(): readonly string[] {
  const files = launchFolders.flatMap((folder) =>
    globSync("*.[ch]", { cwd: join(repository, "helper-c", folder) }).map((name) => `${folder}/${name}`),
  );
  return files
    .filter((file) => file !== "sys/sys.h")
    .flatMap((file) => [...inSource(file)].map(([where, names]) => `${where}: ${[...names].sort().join(" ")}`));
}

const document = readFileSync(join(repository, "docs/security/waits.md"), "utf8");
const rows = [...document.matchAll(/^\| `([^`]+)` `([^`]+)` \| ([^|]*) \| ([^|]+) \| ([^|]+) \|$/gm)];

test("every wait of the launcher and of init has its row, and each row is of a wait", (t) => {
  const listed = rows.map(
    ([, file = "", name = "", words = ""]) =>
      `${file} ${name}: ${words.replaceAll("`", "").split(" ").sort().join(" ")}`,
  );
  t.deepEqual(listed.toSorted(), inSources().toSorted());
});

test("every row says what ends the wait", (t) => {
  for (const [, file, name, , what = "", bound = ""] of rows)
    t.true(what.trim() !== "" && bound.trim() !== "", `${file} ${name}`);
});
