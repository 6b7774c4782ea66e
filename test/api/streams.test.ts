// What a process reads and writes, for programs: bytes, lines as they come, descriptors and streams of the caller's.
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { SandboxOptions } from "@coffer/core";
import { CofferError, openRuntime, parseConfig, sandbox } from "@coffer/core";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

async function all(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const options = (box: Box, script: string) =>
  ({ runtime: openRuntime({ root: box.state }), cwd: box.path, tools: "none", args: ["sh", "-c", script] }) as const;

test.serial("bytes are given as they are", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const { stdout } = await sandbox({ ...options(box, "printf '\\377\\0a'"), encoding: "buffer" });
  t.deepEqual([...stdout], [255, 0, 97]);
  const result = await sandbox({ ...options(box, "printf '\\377a'"), encoding: undefined });
  t.is(result.stdout, "\u{fffd}a");
});

test.serial("lines come while the process runs, and again from the first for a late reader", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const running = sandbox({
    ...options(box, "echo one; printf 'two\\r\\n'; read x; echo $x >&2; printf end"),
    stdin: "pipe",
  });
  const lines: string[] = [];
  for await (const line of running.lines()) {
    lines.push(line);
    if (line === "two") (await running.started).stdin?.end("three\n");
  }
  t.deepEqual(lines, ["one", "two", "end"]);
  t.like(await running, { stdout: "one\ntwo\r\nend", stderr: "three\n" });
  t.deepEqual(await all(running.lines("stderr")), ["three"]);
  const streamed = sandbox({
    ...options(box, "head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo last"),
    buffer: false,
  });
  t.deepEqual(
    (await all(streamed.lines())).map((line) => line.length),
    [1_000_000, 1_000_000, 1_000_000, 4],
  );
  t.like(await streamed, { stdout: "", exitCode: 0 });
  const nowhere = sandbox({ ...options(box, ""), args: ["no-such-program"] });
  t.true(CofferError.is(await all(nowhere.lines()).catch((error: unknown) => error), "E_EXEC_NOT_FOUND"));
  await t.throwsAsync(nowhere);
});

test.serial("descriptors and streams of the caller's are the process's, and directories are not", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const file = join(box.base, "out");
  writeFileSync(join(box.base, "in"), "from a file\n");
  const [input, output, directory] = [openSync(join(box.base, "in"), "r"), openSync(file, "w"), openSync("/", "r")];
  t.teardown(() => [input, output, directory].forEach((fd) => void closeSync(fd)));
  t.like(await sandbox({ ...options(box, "cat; echo err >&2"), stdin: input, stdout: { fd: output } }), {
    stdout: "",
    stderr: "err\n",
  });
  t.is(readFileSync(file, "utf8"), "from a file\n");
  const [out, err] = [new PassThrough(), new PassThrough()];
  const copy = text(out);
  const result = await sandbox({ ...options(box, "cat"), stdin: Readable.from(["a", "b"]), stdout: out, stderr: err });
  out.end();
  t.is(result.stdout, "ab");
  t.is(await copy, "ab");
  for (const stdin of [directory, { fd: directory }, 999_999]) {
    const error = await sandbox({ ...options(box, "ls /proc/self/fd/0/.."), stdin }).catch((thrown: unknown) => thrown);
    if (!CofferError.is(error, "E_USAGE", "E_IO")) return t.fail();
    t.is(error.code === "E_USAGE" ? error.details.argument : error.details.path, "stdin");
  }
  await nothingLeft(t, box, box.before);
});

const trap = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.02; done";

test.serial("a process is asked to end by the signal that was chosen, and then ended", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const end = async (script: string, more: Partial<SandboxOptions>) => {
    const controller = new AbortController();
    const running = sandbox({ ...options(box, script), signal: controller.signal, ...more });
    for await (const _ of running.lines()) {
      controller.abort();
      break;
    }
    return running;
  };
  t.like(await end(trap, { killSignal: "SIGTERM" }), { stdout: "ready\nbye\n", exitCode: 3, isCanceled: true });
  const deaf = "trap '' TERM; echo ready; while :; do sleep 0.02; done";
  t.like(await end(deaf, { killSignal: "TERM", forceKillAfterDelay: 100 }), { signal: "SIGKILL" });
  t.like(await end(trap, {}), { stdout: "ready\n", signal: "SIGKILL" });
  const wrong = await sandbox({ ...options(box, ""), killSignal: "SIGNONE" }).catch((error: unknown) => error);
  t.true(CofferError.is(wrong, "E_USAGE"));
});

test("a config is read as the runtime reads it, and an error's code tells its details", (t) => {
  t.is(parseConfig('{"ociVersion":"1.2.0","hostname":"here"}').hostname, "here");
  const unread = t.throws(() => Reflect.apply(parseConfig, undefined, [{ ociVersion: "1.2.0" }]));
  t.true(CofferError.is(unread, "E_USAGE"));
  const error = t.throws(() => parseConfig('{"ociVersion":1}'));
  if (!CofferError.is(error)) return t.fail();
  switch (error.code) {
    case "E_CONFIG_INVALID":
      return t.is(error.details.issues[0]?.pointer, "/ociVersion");
    default:
      return t.fail(error.code);
  }
});
