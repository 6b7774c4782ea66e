// One request of a sandbox to the host of a secret: written again for the host, and its answer for the sandbox.
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Interception } from "../../port.ts";
import { hypertext, secureSockets, streams } from "../builtins.ts";

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

/** Fields that ask for an answer in which a value is not found: encoded, or a part of the value. */
const ofForm: ReadonlySet<string> = new Set(["accept-encoding", "if-range", "range"]);

/** Methods that ask for the request itself (RFC 9110, section 9.3.8). Node knows neither TRACK nor DEBUG. */
const echoing: ReadonlySet<string> = new Set(["TRACE", "TRACK", "DEBUG", "CONNECT"]);

/** How long a host, or the sandbox's program, may be silent. */
export const silenceMs = 120_000;
/** Bytes of all fields. */
export const maxFields = 65_536;

type Fields = readonly (readonly [name: string, value: string])[];

function fieldsOf(raw: readonly string[]): Fields {
  const pairs = Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? "", raw[2 * at + 1] ?? ""] as const);
  return pairs.filter(([name]) => !ofConnection.has(name.toLowerCase()));
}

const tellHost = ({ host, port }: Interception): string => (port === 443 ? host : `${host}:${port}`);

/** Text of an answer without values. */
function clean({ fromHost }: Interception, text: string): string {
  const search = fromHost();
  return search.push(text) + search.end();
}

/** Searches a body as it comes. */
function cleanBody({ fromHost }: Interception): Transform {
  const search = fromHost();
  const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
  return new (streams().Transform)({
    transform: (chunk: Buffer, _encoding, settle) => settle(null, bytes(search.push(chunk.toString("latin1")))),
    flush: (settle) => settle(null, bytes(search.end())),
  });
}

/** Whether the sandbox says the length of its body piece by piece. */
const isChunked = ({ headers }: IncomingMessage): boolean => "transfer-encoding" in headers;

/** Writes a request for the host. The name that the sandbox gave does not count: the host is the connection's. */
function ask(told: Interception, request: IncomingMessage, tls: TLSSocket): ClientRequest {
  const fields = fieldsOf(request.rawHeaders)
    .filter(([name]) => !ofForm.has(name.toLowerCase()))
    .map(([name, value]) => [name, told.toHost(name, value)] as const);
  const own = [
    ["Host", tellHost(told)],
    ["Accept-Encoding", "identity"],
    ["Connection", "close"],
    // Without its length Node would write the body of a GET as it is: the host would read it as a second request.
    ...(isChunked(request) ? [["Transfer-Encoding", "chunked"] as const] : []),
  ] as const;
  return hypertext().request({
    createConnection: () => tls,
    method: request.method ?? "GET",
    // The target of a request may only be a path: another form names a host.
    path: /^\/[\x21-\x7e]*$/.test(request.url ?? "") ? (request.url ?? "/") : "/",
    setHost: false,
    headers: [...own, ...fields].flat(),
    timeout: silenceMs,
    maxHeaderSize: maxFields,
  });
}

/** What of an answer could have a value that is not found. */
function whyNotSearched({ headers }: IncomingMessage): string | undefined {
  const { "content-encoding": encoding = "identity", "transfer-encoding": transfer = "chunked" } = headers;
  if (encoding.toLowerCase() !== "identity") return `the host encodes its answer: ${encoding}`;
  return transfer.toLowerCase() === "chunked" ? undefined : `the host encodes its answer: ${transfer}`;
}

/** Writes an answer for the sandbox. Throws where Node does not write what the host said. */
function tell(
  told: Interception,
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
): Transform {
  const why = whyNotSearched(answer);
  const { statusCode = 0 } = answer;
  const hasBody = request.method !== "HEAD" && statusCode !== 204 && statusCode !== 304;
  if (hasBody && why !== undefined) throw new Error(why);
  const fields = fieldsOf(answer.rawHeaders)
    // A body may become longer or shorter.
    .filter(([name]) => !hasBody || name.toLowerCase() !== "content-length")
    .map(([name, value]) => [clean(told, name), clean(told, value)] as const);
  if (statusCode < 200 || statusCode > 599) throw new Error(`the host answers ${statusCode}`);
  response.writeHead(statusCode, fields.flat());
  response.flushHeaders();
  return cleanBody(told);
}

/** Connects to the host, whose certificate is judged as the caller's programs judge it. */
async function connect(told: Interception): Promise<TLSSocket> {
  const socket = await told.connect();
  return new Promise((resolve, reject) => {
    const tls = secureSockets().connect({ socket, servername: told.host, ALPNProtocols: ["http/1.1"] });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      tls.destroy();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error("the host does not end its TLS handshake")), told.timeoutMs);
    socket.on("error", fail);
    tls.once("close", () => void socket.destroy());
    tls.on("error", fail).once("secureConnect", () => {
      clearTimeout(timer);
      resolve(tls);
    });
  });
}

/** Tells the sandbox once why its request has no answer. */
function failing(told: Interception, response: ServerResponse): (error: unknown, status?: number) => void {
  let hasFailed = false;
  return (error, status = 502) => {
    if (hasFailed) return;
    hasFailed = true;
    if (response.headersSent) return void response.destroy();
    const why = error instanceof Error ? error.message : "cannot connect";
    response
      .writeHead(status, { "Content-Type": "text/plain", Connection: "close" })
      .end(`coffer: ${clean(told, why).replaceAll(/[^\x20-\x7e]/g, "?")}\n`);
  };
}

/** Sends a request over a connection to the host. What a handler throws fails this request: nobody else would catch it. */
function exchange(told: Interception, request: IncomingMessage, response: ServerResponse, tls: TLSSocket): void {
  const { pipeline } = streams();
  const fail = failing(told, response);
  const silent = new Error("the host does not answer");
  let isAnswered = false;
  try {
    const onward = ask(told, request, tls);
    onward.on("timeout", () => onward.destroy(silent)).on("error", fail);
    // The host ends the connection, or goes on with another protocol.
    onward.on("close", () => void (isAnswered || fail(silent)));
    onward.on("response", (answer) => {
      isAnswered = true;
      try {
        pipeline(answer, tell(told, answer, request, response), response, () => onward.destroy());
      } catch (error) {
        fail(error);
        onward.destroy();
      }
    });
    if ("content-length" in request.headers || isChunked(request)) request.pipe(onward);
    else onward.end();
  } catch (error) {
    fail(error);
  }
}

/** Passes a request on, and its answer back. Resolves when both have ended, however that is. */
export async function forward(told: Interception, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // The answers behind that of a broken connection have no connection, and do not say that they have ended.
  if (request.socket.destroyed) return;
  const ended = new Promise<void>((resolve) => void response.once("close", resolve));
  const { method = "" } = request;
  if (echoing.has(method))
    failing(told, response)(new Error(`${method} is refused: it asks for the request itself`), 405);
  else
    try {
      const tls = await connect(told);
      response.once("close", () => void tls.destroy());
      if (response.destroyed) tls.destroy();
      else exchange(told, request, response, tls);
    } catch (error) {
      failing(told, response)(error);
    }
  await ended;
  // What is left of the body is in the way of the next request.
  request.unpipe().resume();
}
