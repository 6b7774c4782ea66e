// What a launched program writes is the reader's, however late it is asked for.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Launch } from "../../port.ts";
import { launchHelper } from "./launch.ts";

/** Launches a script in the place of the helper. */
async function launch(t: ExecutionContext, script: string): Promise<Launch> {
  const base = mkdtempSync(join(tmpdir(), "cft-launch-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const helper = join(base, "helper");
  writeFileSync(helper, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return launchHelper(helper, { plan: new Uint8Array(8), inputs: [], stdio: ["ignore", "pipe", "pipe"] });
}

async function read(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  return stream === undefined ? "" : text(stream);
}

test("output that nobody has read yet at the end of the launcher is not lost", async (t) => {
  const { nextEvent, stdout, stderr } = await launch(t, "echo out; echo err >&2");
  t.is((await nextEvent()).kind, "exit");
  t.deepEqual([await read(stdout), await read(stderr)], ["out\n", "err\n"]);
});

test("a reader that goes away ends its pipe", async (t) => {
  const { nextEvent, stdout } = await launch(t, "exec cat /dev/zero");
  for await (const chunk of stdout ?? []) if (chunk.length > 0) break;
  t.like(await nextEvent(), { kind: "exit", signal: "SIGPIPE" });
});
