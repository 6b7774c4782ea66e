// Places that mutants are launched in: a user namespace of ids that nobody has, or private namespaces of root, in which the
// host's files are read-only. The test works in a tmpfs.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probe } from "../helpers/build.ts";
import type { Teardown } from "../helpers/bundle.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

/** What a worker says at its end. */
export type Told = {
  readonly mutants: number;
  readonly allowed: number;
  readonly ran: number;
  readonly escapes: readonly { readonly number: number; readonly base: string; readonly what: readonly string[] }[];
};

export type Mode = "user" | "root";

const nobodys = [
  "--user",
  "--map-users=0:100000:262144",
  "--map-groups=0:100000:262144",
  "--setuid",
  "0",
  "--setgid",
  "0",
];
const apart = ["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
const script = (mode: Mode): string =>
  `mount -t tmpfs -o mode=755 tmpfs "$1" && ${mode === "root" ? "mount -o remount,bind,ro / && " : ""}exec "$0" "\${@:2}"`;

/** Makes and launches mutants until there are that many. */
export function workAt(t: Teardown, mode: Mode, seed: number, count: number): Promise<Told> {
  const base = mkdtempSync(join(tmpdir(), "cfm-"));
  chmodSync(base, 0o755);
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const node = [process.execPath, base, "--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"];
  const worker = [join(import.meta.dirname, "worker.ts"), base, helperPath(), probe(), `${seed}`, `${count}`, mode];
  const words = [...(mode === "user" ? nobodys : []), ...apart, "bash", "-c", script(mode), ...node, ...worker];
  const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(JSON.parse(text)) : reject(new Error(`the worker ended with ${status}`)),
    );
  });
}
