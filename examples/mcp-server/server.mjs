// An MCP server (protocol 2025-06-18, over standard input and output) whose tool runs commands in one sandbox.
// Usage: node server.mjs DIRECTORY [HOST[:PORT]...]
import { createInterface } from "node:readline";
import { openSandbox } from "@coffer/core";

const [cwd = ".", ...allow] = process.argv.slice(2);
const longestOutput = 20_000;

const tool = {
  name: "run_command",
  description: `Runs a command of bash in a sandbox that can write ${cwd} and reach ${allow.join(", ") || "no host"}.`,
  inputSchema: {
    type: "object",
    properties: { command: { type: "string" }, timeoutMs: { type: "integer", minimum: 1 } },
    required: ["command"],
  },
};

const denied = [];
const session = await openSandbox({
  cwd,
  writable: true,
  limits: { pids: 512 },
  network: { allow },
  onDenied: ({ target, why }) => denied.push(`${JSON.stringify(target.host)} port ${target.port}: ${why}`),
});

const cut = (text) => (text.length > longestOutput ? `${text.slice(0, longestOutput)}\n[cut]` : text);

async function runCommand({ command, timeoutMs = 60_000 }) {
  denied.length = 0;
  const args = ["bash", "-c", String(command)];
  const { stdout, stderr, exitCode, signal, timedOut, failed, ...rest } = await session.exec({
    args,
    timeoutMs,
    explain: true,
  });
  const end = timedOut ? "timed out" : (signal ?? `status ${exitCode}`);
  const paths = rest.denied.map(({ op, target, why }) => `${op} ${JSON.stringify(target)}: ${why}`);
  const notes = [...denied, ...paths].slice(0, 10).map((line) => `denied by the sandbox: ${line}`);
  const text = [stdout, stderr, end, ...notes].filter((part) => part !== "").join("\n");
  return { content: [{ type: "text", text: cut(text) }], isError: failed };
}

const methods = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "coffer-example", version: "0.1.0" },
  }),
  ping: () => ({}),
  "tools/list": () => ({ tools: [tool] }),
  "tools/call": ({ name, arguments: given = {} }) => {
    if (name !== tool.name) throw new Error(`there is no tool ${JSON.stringify(name)}`);
    return runCommand(given);
  },
};

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  let id = null;
  try {
    const request = JSON.parse(line);
    if (request.id === undefined) continue;
    id = request.id;
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (method === undefined) say({ id, error: { code: -32601, message: "there is no such method" } });
    else say({ id, result: await method(request.params ?? {}) });
  } catch (error) {
    say({ id, error: { code: -32603, message: error.message } });
  }
}
await session.close();
