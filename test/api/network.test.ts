// The network of a sandbox: hosts that are named, through a proxy of which nothing is inside, and ports of the host.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect as connectTcp, createServer as createTcp } from "node:net";
import { join } from "node:path";
import type { SandboxOptions } from "@coffer/core";
import { openRuntime, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { childrenOf } from "../helpers/callers/served.ts";
import { command, start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

/** A port of the host's loopback interface that a server of the test has. */
async function listen(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.teardown(() => void server.close());
  const address = server.address();
  const isPort = (value: typeof address): value is AddressInfo => typeof value === "object" && value !== null;
  return isPort(address) ? address.port : 0;
}

const web = (t: ExecutionContext) =>
  listen(
    t,
    createServer((request, response) => response.end(`you asked ${request.url}\n`)),
  );
/** Says again what it hears. */
const echo = (t: ExecutionContext) =>
  listen(
    t,
    createTcp({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)),
  );

function inBox(box: Box, script: string, network: SandboxOptions["network"], more: Partial<SandboxOptions> = {}) {
  const runtime = openRuntime({ root: box.state });
  return sandbox({ runtime, cwd: box.rootfs, args: ["bash", "-c", script], ...(network ? { network } : {}), ...more });
}

/** Asks for a page without any other program: bash opens connections itself. */
const page = (port: number, place: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET ${place} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3 && tail -n 1 <&3`;

test.serial("a sandbox reaches nothing of the host's network", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await web(t);
  t.like(await inBox(box, page(port, "/"), undefined), { failed: true, stdout: "" });
  t.regex((await inBox(box, "env", undefined)).stdout, /^(?!.*PROXY)/s);
  await nothingLeft(t, box, box.before);
});

test.serial("what is allowed is reached through the proxy, and the rest is denied with a reason", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await web(t);
  const denied: unknown[] = [];
  const script = `
proxy=\${http_proxy#http://127.0.0.1:}
${page(31280, `http://127.0.0.1:${port}/a`)}; echo "$proxy"
${page(31280, "http://127.0.0.2:80/")}
${page(31280, "http://example.org/")}`;
  const result = await inBox(box, script, { allow: [`127.0.0.1:${port}`] }, { onDenied: (one) => denied.push(one) });
  const lines = result.stdout.split("\n");
  t.is(lines[0], "you asked /a", result.stderr);
  t.is(lines[1], "31280");
  t.regex(lines[2] ?? "", /127\.0\.0\.2:80: an address of the host's loopback interface; add --allow 127\.0\.0\.2:80/);
  t.regex(lines[3] ?? "", /example\.org:80: not allowed; add --allow example\.org:80/);
  t.is(denied.length, 2);
  t.deepEqual(
    result.denied.map(({ op, target, add }) => [op, target, add]),
    [
      ["connect", "127.0.0.2:80", "--allow 127.0.0.2:80"],
      ["connect", "example.org:80", "--allow example.org:80"],
    ],
  );
  await nothingLeft(t, box, box.before);
});

test.serial("a port of the host is the same port inside, both directions of which end by themselves", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const [port, back, other] = [await web(t), await echo(t), await web(t)];
  const script = `${page(port, "/b")}
coproc exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/${back}; head -c 3000000 /dev/zero >&3 & head -c 3000000 <&3 | wc -c'
cat <&\${COPROC[0]}
(${page(other, "/")}) 2>/dev/null || echo refused`;
  const result = await inBox(box, script, { hostPorts: [port, back] });
  t.is(result.stdout, "you asked /b\n3000000\nrefused\n", result.stderr);
  await nothingLeft(t, box, box.before);
});

test.serial("many connections at once are all answered", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await web(t);
  const script = `for i in $(seq 100); do (${page(31280, `http://127.0.0.1:${port}/$i`)}) & done | sort -u | wc -l; wait`;
  t.is(
    (
      await inBox(box, script.replaceAll("'GET", '"GET').replaceAll("\\r\\n' >", '\\r\\n" >'), {
        allow: [`127.0.0.1:${port}`],
      })
    ).stdout,
    "100\n",
  );
  await nothingLeft(t, box, box.before);
});

/** A free port of the host. */
async function freePort(t: ExecutionContext): Promise<number> {
  const server = createTcp();
  const port = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.serial("a published port of the sandbox is reached from the host", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await freePort(t);
  const script = `exec python3 -c '
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b"inside " + self.path.encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler)
print("ready", flush=True)
server.serve_forever()'`;
  const stop = new AbortController();
  const running = inBox(box, script, { publish: [`${port}:8000`] }, { signal: stop.signal });
  const { stdout } = await running.started;
  await new Promise((resolve) => stdout?.once("data", resolve));
  const pages = Array.from({ length: 40 }, async (_, at) => (await fetch(`http://127.0.0.1:${port}/${at}`)).text());
  t.deepEqual(
    await Promise.all(pages),
    pages.map((_, at) => `inside /${at}`),
  );
  // A second sandbox cannot have the port, and says so before anything is made.
  const second = await inBox(box, "true", { publish: [`${port}`] }).catch((error: unknown) => error);
  t.like(second, {
    code: "E_IO",
    message: `cannot publish port ${port} of 127.0.0.1: address already in use: publish it at another port: HOSTPORT:PORT`,
  });
  stop.abort();
  t.like(await running, { isCanceled: true });
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/`));
  await nothingLeft(t, box, box.before);
});

test.serial("a published port leads to a server that has ::1 alone", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await freePort(t);
  const script = `exec python3 -c '
import socket
server = socket.create_server(("::1", 8000), family=socket.AF_INET6)
print("ready", flush=True)
one, _ = server.accept()
one.recv(4096)
one.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nsix")'`;
  const running = inBox(box, script, { publish: [`${port}:8000`] });
  const { stdout } = await running.started;
  await new Promise((resolve) => stdout?.once("data", resolve));
  t.is(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "six");
  t.like(await running, { exitCode: 0 });
  await nothingLeft(t, box, box.before);
});

test.serial("a published port has 256 connections, closes further ones at once, and recovers", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await freePort(t);
  const script = `ulimit -n 1024; exec python3 -c '
import socket, threading
server = socket.create_server(("127.0.0.1", 8000), backlog=512)
print("ready", flush=True)
def answer(one):
    one.sendall(b"in"); one.recv(1); one.close()
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()'`;
  const stop = new AbortController();
  const running = inBox(box, script, { publish: [`${port}:8000`] }, { signal: stop.signal });
  const { stdout } = await running.started;
  await new Promise((resolve) => stdout?.once("data", resolve));
  const dial = (): Promise<{ readonly socket: Socket; readonly text: string }> =>
    new Promise((resolve) => {
      const socket = connectTcp(port, "127.0.0.1");
      socket.once("data", (bytes) => resolve({ socket, text: `${bytes}` }));
      socket.once("close", () => resolve({ socket, text: "closed" })).on("error", () => {});
    });
  const all = await Promise.all(Array.from({ length: 256 }, dial));
  t.deepEqual([...new Set(all.map(({ text }) => text))], ["in"]);
  t.is((await dial()).text, "closed");
  all[0]?.socket.destroy();
  await until("another one is taken", async () => {
    const { socket, text } = await dial();
    socket.destroy();
    return text === "in";
  });
  for (const { socket } of all) socket.destroy();
  stop.abort();
  await running;
  await nothingLeft(t, box, box.before);
});

test.serial("a published port that takes no connection has at most 16 processes, whoever comes and goes", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await freePort(t);
  const script = `exec python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", 8000), backlog=0)
full = [socket.socket() for _ in range(4)]
for one in full:
    one.setblocking(False); one.connect_ex(("127.0.0.1", 8000))
print("ready", flush=True)
sys.stdin.read(1)
for one in full: one.close()
server.listen(64)
while True:
    one, _ = server.accept()
    try: one.sendall(b"in")
    except OSError: pass
    one.close()'`;
  const stop = new AbortController();
  const running = inBox(box, script, { publish: [`${port}:8000`] }, { signal: stop.signal, stdin: "pipe" });
  const { stdin, stdout } = await running.started;
  await new Promise((resolve) => stdout?.once("data", resolve));
  const before = childrenOf(process.pid).length;
  // Each one frees its place among the 256 connections. What it asked for goes on without it.
  for (let at = 0; at < 300; at++) {
    const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.resetAndDestroy();
  }
  const most = childrenOf(process.pid).length - before;
  t.true(most >= 8 && most <= 16, `${most} processes`);
  stdin?.end("\n");
  await until("a connection is taken again", async () => {
    const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
    const text = await new Promise((resolve) => {
      socket.once("data", (bytes) => resolve(`${bytes}`)).once("close", () => resolve("closed"));
    });
    socket.destroy();
    return text === "in";
  });
  stop.abort();
  await running;
  await nothingLeft(t, box, box.before);
});

test.serial("a published port where nothing listens inside is closed, as on the host", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await freePort(t);
  const running = inBox(box, "read -r line", { publish: [`${port}`] }, { stdin: "pipe" });
  const { stdin } = await running.started;
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/`));
  stdin?.end("\n");
  t.like(await running, { exitCode: 0 });
  await nothingLeft(t, box, box.before);
});

test.serial("nothing of the proxy is in the sandbox: no process, no descriptor", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await web(t);
  const script =
    "set -- /proc/[0-9]*; echo $#; for fd in /proc/1/fd/* /proc/self/fd/*; do readlink $fd; done | grep -c socket";
  const plain = await inBox(box, script, undefined);
  const served = await inBox(box, script, { allow: ["*"], hostPorts: [port] });
  t.is(served.stdout, plain.stdout);
  await nothingLeft(t, box, box.before);
});

test.serial("what is no network is an error before anything is made", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const code = async (network: SandboxOptions["network"], more = {}) =>
    inBox(box, "true", network, more).catch((error: { code: unknown }) => error.code);
  t.is(await code({ allow: ["not a host"] }), "E_USAGE");
  t.is(await code({ hostPorts: [80, 80] }), "E_USAGE");
  for (const word of ["", "x", "0", "65536", "1:2:3", "1.2.3.4:x", "::1:80", "a.b.c.d:1", "1.2.3.999:80", "-1"])
    t.is(await code({ publish: [word] }), "E_USAGE", word);
  t.is(await code({ hostPorts: [31280] }), "E_USAGE");
  t.is(await code({ allow: ["*"] }, { unsafe: ["host-network"] }), "E_USAGE");
  await nothingLeft(t, box, box.before);
});

test.serial("a program that opens connections without end has 256, and the caller goes on", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  let most = 0;
  let now = 0;
  const silent = createTcp((socket) => {
    most = Math.max(most, ++now);
    socket.on("close", () => --now).on("error", () => {});
  });
  const port = await listen(t, silent);
  const script = `for i in $(seq 600); do exec {fd}<>/dev/tcp/127.0.0.1/${port} || break; done; sleep 0.3; echo done`;
  const result = await inBox(box, script, { hostPorts: [port] });
  t.is(result.stdout, "done\n", result.stderr);
  t.is(most, 256);
  // What its targets hold open ends with the sandbox.
  await until("no connection is left", () => now === 0);
  await nothingLeft(t, box, box.before);
});

for (const says of ["nothing", "more and more"])
  test.serial(
    `a connection that its host never ends, and which says ${says}, keeps no command from its end`,
    async (t) => {
      if (!(await needs(t, "root", "userns"))) return;
      let heard = "";
      const deaf = createTcp({ allowHalfOpen: true }, (socket) => {
        const talk = setInterval(() => says === "nothing" || socket.write("x".repeat(100_000)), 5);
        socket.on("data", (chunk) => {
          heard += chunk;
        });
        socket.on("close", () => clearInterval(talk)).on("error", () => {});
        t.teardown(() => socket.destroy());
      });
      const port = await listen(t, deaf);
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; echo hello >&3; sleep 0.3; echo done`;
      const words = ["sandbox", "--no-settings", "--host-port", `${port}`, "--", "bash", "-c", script];
      const began = performance.now();
      t.like(await command([join(repository, "packages/cli/bin/coffer"), ...words], { timeoutMs: 30_000 }), {
        exitCode: 0,
        stdout: "done\n",
      });
      t.true(performance.now() - began < 10_000);
      t.is(heard, "hello\n");
    },
  );

/** Listens, and lets no connection be made: those that wait to be taken are as many as there may be. */
const full = `
import socket, time
server = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = [socket.socket() for _ in range(4)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(server.getsockname())
print(server.getsockname()[1], flush=True)
time.sleep(60)
`;

test.serial("a connection that is still being made keeps no command from its end", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const server = start(["python3", "-c", full]);
  t.teardown(() => process.kill(server.pid));
  await server.saw("\n");
  const port = server.output().trim();
  const words = ["sandbox", "--no-settings", "--host-port", port, "--", "bash", "-c"];
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; sleep 0.3; echo done`;
  const began = performance.now();
  const { stdout } = await command([join(repository, "packages/cli/bin/coffer"), ...words, script]);
  t.is(stdout, "done\n");
  t.true(performance.now() - began < 10_000);
});

/** Has many names looked up by a server that does not answer, and ends. */
const askNames = `
import os, socket, time
host, port = os.environ["http_proxy"].removeprefix("http://").rstrip("/").split(":")
asked = [socket.create_connection((host, int(port))) for _ in range(60)]
for number, one in enumerate(asked):
    one.send(b"CONNECT n%d.example.org:443 HTTP/1.1\\r\\n\\r\\n" % number)
time.sleep(0.3)
print("done")
`;

test.serial("names that nobody answers keep no command from its end", async (t) => {
  if (!(await needs(t, "root", "userns", "ip"))) return;
  const box = makeBox(t);
  writeFileSync(join(box.base, "resolv.conf"), "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n");
  const silent = `import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.9", 53)); time.sleep(60)`;
  const script = `ip link set lo up; mount --bind '${box.base}/resolv.conf' /etc/resolv.conf
python3 -c '${silent}' & trap "kill $!" EXIT; sleep 0.3
"$1" sandbox --no-settings --allow '*.example.org' -- /usr/bin/python3 -c "$2"`;
  const words = ["sh", "-ec", script, "sh", join(repository, "packages/cli/bin/coffer"), askNames];
  const began = performance.now();
  const { stdout, stderr } = await command(["unshare", "-mn", ...words], { cwd: box.path });
  t.is(stdout, "done\n", stderr);
  // One after the other they would take 15 s.
  t.true(performance.now() - began < 9000, `${performance.now() - began} ms`);
});

test.serial("a sandbox that ends leaves the caller without a listener and free to end", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const before = process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name)).length;
  for (let run = 0; run < 5; run += 1)
    t.like(await inBox(box, "true", { allow: ["*"], hostPorts: [80] }), { exitCode: 0 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.true(process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name)).length <= before);
  await nothingLeft(t, box, box.before);
});
