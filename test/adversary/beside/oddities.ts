// What may be where a file, a directory or a socket is expected.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { ExecutionContext } from "ava";
import type { Field } from "./field.ts";
import { anothers } from "./field.ts";

/** Something odd. Gives the path that the verb gets, if it is another. */
export type Oddity = {
  readonly what: string;
  readonly make: (t: ExecutionContext, field: Field, path: string) => Promise<string | undefined>;
};

const made = (what: string, script: string, named?: (path: string) => string): Oddity => ({
  what,
  make: async (_t, field, path) => {
    execFileSync("sh", ["-ec", script, "sh", path, field.vault, `${anothers}`]);
    return named?.(path);
  },
});

const linked = (what: string, target: string): Oddity => made(what, `ln -s "${target}" "$1"; chown -h "$3" "$1"`);

/** A FIFO that somebody has open for reading and writing, and never touches. */
const heldFifo: Oddity = {
  what: "a FIFO that is held",
  make: async (t, _field, path) => {
    execFileSync("mkfifo", ["-m", "666", path]);
    const holder = spawn("sh", ["-c", 'exec 3<>"$1"; echo; exec sleep 600', "sh", path], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    t.teardown(() => holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    return undefined;
  },
};

const mutedSocket: Oddity = {
  what: "a socket of another user that listens",
  make: async (t, _field, path) => {
    const server = createServer((socket) => socket.on("error", () => {}).resume());
    t.teardown(() => void server.close());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    execFileSync("chmod", ["666", path]);
    return undefined;
  },
};

export const oddities: readonly Oddity[] = [
  made("nothing", "true"),
  made("an empty file", ': > "$1"; chown "$3" "$1"; chmod 666 "$1"'),
  made("a directory", 'mkdir -m 777 "$1"; chown "$3" "$1"'),
  made("a file of 8 TiB", 'truncate -s 8T "$1"; chmod 666 "$1"'),
  made("a file of NUL", 'head -c 100000 /dev/zero > "$1"; chmod 666 "$1"'),
  made("JSON that is deep", `head -c 2000000 /dev/zero | tr '\\0' '[' > "$1"; chmod 666 "$1"`),
  made("a FIFO", 'mkfifo -m 666 "$1"'),
  heldFifo,
  made("a character device", 'mknod -m 666 "$1" c 1 5'),
  made("a block device that is none", 'mknod -m 666 "$1" b 259 1048575'),
  made("a file that is a parent", ': > "$1"', (path) => `${path}/x`),
  linked("a link to nothing", "nothing"),
  linked("a link to itself", "odd"),
  linked("a link to a file of the caller", "$2/file"),
  linked("a link to a directory of the caller", "$2/inner"),
  made("a link to a parent", 'ln -s "$2" "$1"; chown -h "$3" "$1"', (path) => `${path}/file`),
  made("a link to a parent of nothing", 'ln -s "$2" "$1"; chown -h "$3" "$1"', (path) => `${path}/new/new`),
  linked("a link to a device", "/dev/zero"),
  linked("a link to a descriptor of another process", "/proc/1/root"),
  mutedSocket,
  made("a name of 300 bytes", "true", (path) => `${path}${"x".repeat(300)}`),
  made("a name with a newline and a bell", "true", (path) => `${path}\n\u0007\u001b[2J`),
];
