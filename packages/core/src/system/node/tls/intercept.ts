// The end of a TLS connection of a sandbox, for one host: each request is made again to that host, with the secret in its fields.
// Node's own parsers read what the sandbox and the host say.
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Authority, Duplex, Interception } from "../../port.ts";
import { hypertext, secureSockets } from "../builtins.ts";
import type { Credentials } from "./authority.ts";
import { makeCertificateAuthority } from "./authority.ts";

/** Fields of a connection (RFC 9110 section 7.6.1), and those that this side says itself. */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

type Fields = readonly (readonly [name: string, value: string])[];

function fieldsOf(raw: readonly string[]): Fields {
  const pairs = Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? "", raw[2 * at + 1] ?? ""] as const);
  return pairs.filter(([name]) => !ofConnection.has(name.toLowerCase()));
}

const timeoutMs = 120_000;
const maxFields = 65_536;

/** One request to the host. The name that the sandbox gave does not count: the host is the connection's. */
function forward(
  told: Interception,
  request: IncomingMessage,
  response: ServerResponse,
  tls: TLSSocket,
): ClientRequest {
  const { host, port, toHost, fromHost } = told;
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  const fields = fieldsOf(request.rawHeaders).map(([name, value]) => [name, toHost(value)] as const);
  const onward = hypertext().request({
    createConnection: () => tls,
    method: request.method ?? "GET",
    // The target of a request may only be a path: another form names a host.
    path: /^\/[\x21-\x7e]*$/.test(request.url ?? "") ? (request.url ?? "/") : "/",
    setHost: false,
    headers: [["Host", port === 443 ? host : `${host}:${port}`], ...fields, ["Connection", "close"]].flat(),
    timeout: timeoutMs,
    maxHeaderSize: maxFields,
  });
  onward.on("timeout", () => onward.destroy(new Error("the host does not answer")));
  onward.on("response", (answer) => {
    const back = fieldsOf(answer.rawHeaders).map(([name, value]) => [name, fromHost(value)] as const);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? "", back.flat());
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  if (hasBody) request.pipe(onward);
  else onward.end();
  return onward;
}

/** Connects to the host, whose certificate is judged as the caller's programs judge it. */
async function connect(told: Interception): Promise<TLSSocket> {
  const socket = await told.connect();
  return new Promise((resolve, reject) => {
    const tls = secureSockets().connect({ socket, servername: told.host, ALPNProtocols: ["http/1.1"] });
    tls.once("error", reject).once("secureConnect", () => {
      tls.off("error", reject);
      tls.on("error", () => tls.destroy());
      resolve(tls);
    });
  });
}

async function answer(told: Interception, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fail = (error: unknown): void => {
    const why = error instanceof Error ? told.fromHost(error.message) : "cannot connect";
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { "Content-Type": "text/plain" })
        .end(`coffer: ${why.replaceAll(/[^\x20-\x7e]/g, "?")}\n`);
  };
  try {
    const onward = forward(told, request, response, await connect(told));
    onward.on("error", fail);
    response.on("close", () => void onward.destroy());
  } catch (error) {
    fail(error);
  }
}

/** An authority for some hosts, which makes a certificate when a host is first connected to. */
export function makeAuthority(hosts: readonly string[]): Authority {
  const authority = makeCertificateAuthority(hosts);
  const issued = new Map<string, Credentials>();
  return {
    certificate: authority.certificate,
    serve: (client, told) => {
      const credentials = issued.get(told.host) ?? authority.issue(told.host);
      issued.set(told.host, credentials);
      intercept(credentials, client, told);
    },
  };
}

/** Speaks TLS with the sandbox as the host, and passes its requests on. */
function intercept(credentials: Credentials, client: Duplex, told: Interception): void {
  const { createServer } = hypertext();
  const server = createServer({ maxHeaderSize: maxFields, keepAliveTimeout: timeoutMs }, (request, response) => {
    void answer(told, request, response);
  });
  const isHost = (name: string): boolean => name.toLowerCase() === told.host;
  const tls = new (secureSockets().TLSSocket)(client, {
    isServer: true,
    secureContext: secureSockets().createSecureContext(credentials),
    ALPNProtocols: ["http/1.1"],
    SNICallback: (name, settle) => settle(isHost(name) ? null : new Error("another host")),
  });
  tls.on("error", () => client.destroy());
  client.once("close", () => void tls.destroy());
  server.on("clientError", (_error, socket) => void socket.destroy());
  server.emit("connection", tls);
}
