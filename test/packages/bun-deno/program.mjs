// What a program does with the API, as rows of JSON. The same file runs on Node, Bun and Deno.
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { CofferError, create, getContainer, list, openRuntime, openSandbox, run, sandbox } from "@coffer/core";
import { SandboxManager } from "@coffer/core/srt";

const [root, rootfs] = process.argv.slice(2);
const bytes = 3_000_000;

/** A server of the host, for as long as something is done. */
async function beside(answer, act) {
  const server = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    return await act(server.address().port);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

/** The status of the first answer of a server that is not there yet. */
async function statusOf(port) {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return (await fetch(`http://127.0.0.1:${port}/`)).status;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const fetched = "for one in $0 http://example.org/; do curl -s -m 5 $one; echo; done";

const rows = {
  output: async () => {
    const { stdout, stderr, exitCode, failed } = await sandbox("sh", ["-c", "echo out; echo err >&2; exit 3"]);
    return { stdout, stderr, exitCode, failed };
  },
  "more of them": () => Promise.all([1, 2, 3].map(async (n) => (await sandbox("echo", [`${n}`])).stdout)),
  input: async () => (await sandbox("cat", [], { input: "some text" })).stdout,
  "input that comes later": async () => {
    const subprocess = sandbox("cat", [], { stdin: "pipe" });
    const { stdin } = await subprocess.started;
    stdin.write("one ");
    stdin.end("two");
    return (await subprocess).stdout;
  },
  bytes: async () => (await sandbox("head", ["-c", `${bytes}`, "/dev/zero"], { encoding: "buffer" })).stdout.length,
  lines: async () => Array.fromAsync(sandbox("seq", ["3"]).lines()),
  "a time limit": async () => {
    const { timedOut, signal } = await sandbox("sleep", ["100"], { timeoutMs: 2000 });
    return { timedOut, signal };
  },
  "a signal to abort": async () => {
    const { isCanceled, signal } = await sandbox("sleep", ["100"], { signal: AbortSignal.timeout(2000) });
    return { isCanceled, signal };
  },
  "a terminal": async () => (await sandbox("stty", ["size"], { tty: { columns: 80, rows: 24 } })).stdout,
  "an error": () => sandbox("true", [], { cwd: "/nonexistent" }).catch((error) => [CofferError.is(error), error.code]),
  "a session": async () => {
    const session = await openSandbox();
    const told = [await session.exec("sh", ["-c", "echo a > /tmp/a"]), await session.exec("cat", ["/tmp/a"])];
    await session.close();
    return told.map(({ stdout, exitCode }) => ({ stdout, exitCode }));
  },
  "a network": () =>
    beside("answer", async (port) => {
      const url = `http://127.0.0.1:${port}/`;
      const { stdout, denied } = await sandbox("sh", ["-c", fetched, url], {
        network: { hostPorts: [port], allow: ["example.net"] },
      });
      return { stdout, denied };
    }),
  "a port that is published": async () => {
    const port = await beside("", async (free) => free);
    const subprocess = sandbox("python3", ["-m", "http.server", "8000"], { network: { publish: [`${port}:8000`] } });
    const status = await statusOf(port);
    await subprocess.kill("KILL");
    return { status, signal: (await subprocess).signal };
  },
  "the functions of srt": async () => {
    const network = { allowedDomains: ["example.net"], deniedDomains: [] };
    await SandboxManager.initialize({ network, filesystem: { denyRead: [], allowWrite: ["."], denyWrite: [] } });
    const command = await SandboxManager.wrapWithSandbox("echo hello; exit 4");
    const { stdout, stderr, status } = spawnSync(command, { shell: true, encoding: "utf8" });
    await SandboxManager.reset();
    return { stdout, stderr, status };
  },
  "a run": async () => (await run({ rootfs, args: ["/probe", "echo", "told"], runtime: openRuntime({ root }) })).stdout,
  "runs of a pool": async () => {
    const runtime = openRuntime({ root, pool: 1 });
    const told = [];
    for (const word of ["one", "two"])
      told.push((await run({ rootfs, args: ["/probe", "echo", word], runtime })).stdout);
    await runtime.pool?.drain();
    return told;
  },
  "a container": async () => {
    const runtime = openRuntime({ root });
    const container = await create({ rootfs, args: ["/probe", "sleep", "1000"], id: "other", runtime });
    const { stdout } = await container.exec({ args: ["/probe", "echo", "inside"] });
    const { status } = await (await getContainer("other", { runtime })).state();
    await container.delete();
    return { stdout, status, left: (await list({ runtime })).length };
  },
};

for (const [name, act] of Object.entries(rows)) {
  const told = await act().catch((error) => `${error.stack}`);
  console.log(JSON.stringify({ name, told }));
}
