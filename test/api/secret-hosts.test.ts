// What a sandbox gets out of the host of a secret, and what that host can do to the caller. Each host answers what it likes.
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { connect as connectTcp, createServer } from "node:net";
import { buffer, text } from "node:stream/consumers";
import * as tls from "node:tls";
import { openRuntime } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { parseRule } from "../../packages/core/src/egress/rules.ts";
import type { Secret } from "../../packages/core/src/egress/secrets.ts";
import { holdSecrets } from "../../packages/core/src/egress/secrets.ts";
import { makeAccess } from "../../packages/core/src/runtime/egress/access.ts";
import { serveSecrets } from "../../packages/core/src/runtime/egress/secrets.ts";
import { serveProxy } from "../../packages/core/src/runtime/egress/serve.ts";
import { makeCertificateAuthority } from "../../packages/core/src/system/node/tls/authority.ts";
import { makeAuthority } from "../../packages/core/src/system/node/tls/intercept.ts";

const host = "api.example.test";
const value = "Ab+Cd/Ef=gh&I_j";
const placeholder = "coffer-secret-r";
const publicAuthority = makeCertificateAuthority([host]);
tls.setDefaultCACertificates([...tls.getCACertificates("default"), publicAuthority.certificate]);

type Answer = (request: string, stream: tls.TLSSocket) => void;

interface Host {
  /** What the host was sent, by connection. */
  readonly seen: string[];
  /** Connections to the host that were made. */
  readonly made: number[];
  /** A new connection of the sandbox's program to the host, behind CONNECT and TLS. */
  connect(): Promise<tls.TLSSocket>;
  /** Says something on a new connection, and reads until that ends. */
  ask(said: string): Promise<string>;
}

/** Listens on this machine, and ends with the test. */
async function listen(t: ExecutionContext, answer: (stream: Socket) => void): Promise<() => Promise<Socket>> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (stream) => {
    open.add(stream.on("error", () => stream.destroy()));
    answer(stream);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => {
    server.close();
    for (const stream of open) stream.destroy();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return async () => {
    const stream = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(stream, "connect");
    return stream;
  };
}

/** A host that sends what `answer` makes of a request. Undefined: the host speaks no TLS at all. */
async function openHost(t: ExecutionContext, answer: Answer | undefined, secret: Partial<Secret> = {}): Promise<Host> {
  const seen: string[] = [];
  const made: number[] = [];
  const secureContext = tls.createSecureContext(publicAuthority.issue(host));
  const connectHost = await listen(t, (there) => {
    made.push(1);
    if (answer === undefined) return;
    const stream = new tls.TLSSocket(there, { isServer: true, secureContext });
    const at = seen.push("") - 1;
    stream.on("error", () => stream.destroy());
    stream.on("data", (chunk: Buffer) => {
      seen[at] += chunk.toString("latin1");
      if (seen[at]?.includes("\r\n\r\n")) answer(seen[at] ?? "", stream);
    });
  });
  const network = {
    nameMessage: (name: string) => name,
    listen: async () => ({ close: () => {} }),
    resolve: async () => ["93.184.216.34"],
    connect: connectHost,
    makeAuthority: (hosts: readonly string[]) => {
      const authority = makeAuthority(hosts);
      const serve: typeof authority.serve = (client, told) => authority.serve(client, { ...told, timeoutMs: 500 });
      return { ...authority, serve };
    },
  };
  const held = holdSecrets([{ name: "TOKEN", value, host, ...secret }], () => "r");
  const secrets = serveSecrets(openRuntime({ root: "/nonexistent" }), network, held);
  const access = makeAccess({ allow: [parseRule(`${host}:443`, "allow")], deny: [] });
  const ca = publicOf(Object.values(secrets.files)[0] ?? "");
  const connectProxy = await listen(t, (proxy) => {
    void serveProxy({ network, access, own: () => [], secrets: secrets.find, onDenied: () => {} }, proxy);
  });
  const connect = async (): Promise<tls.TLSSocket> => {
    const program = await connectProxy();
    program.write(`CONNECT ${host}:443 HTTP/1.1\r\n\r\n`);
    await once(program, "data");
    const stream = tls.connect({ socket: program, servername: host, ca });
    stream.on("error", () => stream.destroy());
    const closed = once(stream, "close").then(() => Promise.reject(new Error("closed")));
    await Promise.race([once(stream, "secureConnect"), closed]);
    closed.catch(() => {});
    return stream;
  };
  const ask = async (said: string): Promise<string> => {
    const stream = await connect();
    stream.write(said);
    return text(stream).catch(() => "broken");
  };
  return { seen, made, connect, ask };
}

/** The certificate of the sandbox's authority, which is the last. */
const publicOf = (pem: string): string => pem.slice(pem.lastIndexOf("-----BEGIN"));

const close = "Connection: close\r\n";
const get = (fields: string, line = "GET /"): string => `${line} HTTP/1.1\r\nHost: x\r\n${close}${fields}\r\n`;
const bearer = `Authorization: Bearer ${placeholder}\r\n`;
const whole = (body: string, fields = ""): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const echo = (request: string, stream: tls.TLSSocket): void => void stream.end(whole(request));

test.serial("a request that asks to be sent back is refused, and the host does not see it", async (t) => {
  const { ask, made } = await openHost(t, echo);
  for (const method of ["TRACE", "TRACK", "CONNECT", "DEBUG"])
    t.false((await ask(get(bearer, `${method} /`))).includes("200 OK"), method);
  t.regex(await ask(get(bearer, "TRACE /")), /^HTTP\/1\.1 405 /);
  t.is(made.length, 0);
});

test.serial("the value is put into fields for credentials alone, or into those that are named", async (t) => {
  const fields = ["User-Agent", "X-Forwarded-Host", "Referer", "Cookie", "X-Own"].map(
    (one) => `${one}: ${placeholder}\r\n`,
  );
  const all = `${bearer}X-Api-Key: ${placeholder}\r\n${fields.join("")}`;
  const usual = await openHost(t, echo);
  await usual.ask(get(all));
  t.is(usual.seen[0]?.split(value).length, 3, "Authorization and X-Api-Key");
  const own = await openHost(t, echo, { fields: ["x-OWN"] });
  await own.ask(get(all));
  t.is(own.seen[0]?.split(value).length, 2);
  t.true(own.seen[0]?.includes(`X-Own: ${value}`));
});

test.serial("a value in a body or a field of an answer is the placeholder again, however it is written", async (t) => {
  const forms = [
    value,
    value.toUpperCase(),
    encodeURIComponent(value),
    encodeURIComponent(value).toLowerCase(),
    btoa(`m:${value}`),
    btoa(`me:${value}:x`),
    btoa(`${value}y`),
    value.replaceAll("&", "&amp;"),
    value.replaceAll("/", "\\/").replace("&", "\\u0026"),
  ];
  for (const form of forms) {
    const { ask } = await openHost(t, (_, stream) => {
      const fields = `X-Echo: <${form}>\r\nX-${form.replaceAll(/[^\w+&%]/g, "-")}: 1\r\nLocation: https://other.test/${form}\r\n`;
      stream.write(`HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`);
      for (const letter of `<${form}>`) stream.write(`1\r\n${letter}\r\n`);
      stream.end("0\r\n\r\n");
    });
    const told = await ask(get(bearer));
    t.regex(told, /200 OK/);
    t.false(told.toLowerCase().includes(form.toLowerCase()), form);
    t.true(told.split(placeholder).length >= 4, told);
  }
});

test.serial("a body arrives as it was sent, and what is no value is not kept back", async (t) => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const body = Buffer.from(bytes.repeat(400) + value.slice(0, -1), "latin1");
  const { connect } = await openHost(t, (_, stream) => {
    stream.write("HTTP/1.1 200 OK\r\n\r\n");
    stream.end(body);
  });
  const stream = await connect();
  const request = httpRequest({ createConnection: () => stream, headers: { Authorization: placeholder } }).end();
  const [answer] = await once(request, "response");
  t.true((await buffer(answer)).equals(body));
  const events = await (
    await openHost(t, (_, one) => void one.write("HTTP/1.1 200 OK\r\n\r\ndata: Ab+\n\n"))
  ).connect();
  events.write(get(bearer));
  let seen = "";
  for await (const chunk of events) {
    seen += String(chunk);
    if (seen.includes("data: Ab+\n\n")) break;
  }
  t.true(seen.includes("data: Ab+\n\n"));
});

test.serial("a host that sends back at once what it is sent does not tell how the value begins", async (t) => {
  const comes = async (guess: string): Promise<boolean> => {
    const { connect } = await openHost(t, (_, stream) => void stream.write(`HTTP/1.1 200 OK\r\n\r\n${guess}`));
    const stream = await connect();
    let told = "";
    stream.on("data", (chunk: Buffer) => {
      told += chunk.toString("latin1");
    });
    stream.write(get(bearer));
    while (!told.includes("\r\n\r\n")) await once(stream, "data");
    await new Promise((resolve) => setTimeout(resolve, 300));
    stream.destroy();
    return told.includes(guess);
  };
  for (const [right, wrong] of [
    ["Ab+", "Ab-"],
    ["QWIrQ2Q", "QWIrQ2U"],
  ] as const)
    t.is(await comes(right), await comes(wrong), right);
});

test.serial(
  "an answer that cannot be searched is refused, and the host is not asked for a part or a code",
  async (t) => {
    for (const field of [
      "Content-Encoding: gzip",
      "Content-Encoding: identity, br",
      "Transfer-Encoding: gzip, chunked",
    ]) {
      const { ask, seen } = await openHost(
        t,
        (_, stream) => void stream.end(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n2\r\nxx\r\n0\r\n\r\n`),
      );
      const told = await ask(get(`${bearer}Accept-Encoding: gzip\r\nRange: bytes=0-3\r\nIf-Range: "x"\r\n`));
      t.regex(told, /^HTTP\/1\.1 502 /, field);
      t.regex(seen[0] ?? "", /^accept-encoding: identity\r$/im);
      t.notRegex(seen[0] ?? "", /range|gzip/i);
    }
  },
);

test.serial("an answer that Node does not write fails its own request, and no more", async (t) => {
  const answers = [
    "HTTP/1.1 200 a\x01b\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 000 OK\r\n\r\n",
    "HTTP/1.1 999 OK\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    `HTTP/1.1 200 OK\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
    "HTTP/0.9\r\n\r\n",
    "\x00\xff",
    "",
  ];
  for (const answer of answers) {
    const { ask } = await openHost(t, (_, stream) => void stream.end(Buffer.from(answer, "latin1")));
    const told = await ask(get(bearer));
    t.regex(told, /^(?:HTTP\/1\.1 (?:502|200|999) |broken$)/, JSON.stringify(answer.slice(0, 60)));
    t.false(told.includes("\x01"));
  }
  const { ask } = await openHost(t, echo);
  t.regex(await ask(get(bearer)), /200 OK/);
});

test.serial("requests of one connection go to the host one after the other, and few wait", async (t) => {
  let running = 0;
  let most = 0;
  const { connect, made } = await openHost(t, (_, stream) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      stream.end(whole("x"));
    }, 5);
  });
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warn);
  const twelve = await connect();
  twelve.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(11) + get(""));
  t.is((await text(twelve)).split("200 OK").length, 13);
  t.deepEqual([made.length, most], [12, 1]);
  const flood = await connect();
  flood.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3000));
  await text(flood).catch(() => "");
  t.true(made.length <= 12 + 20, `${made.length}`);
  t.is(most, 1);
  process.off("warning", warn);
  t.deepEqual(warnings, []);
});

test.serial("a sandbox has a limit of connections to the hosts of its secrets", async (t) => {
  const { connect } = await openHost(t, echo);
  const made = await Promise.allSettled(Array.from({ length: 80 }, connect));
  const open = made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  t.is(open.length, 64);
  await t.throwsAsync(connect());
  for (const one of open) one.end(get(""));
  await Promise.all(open.map((one) => once(one.resume(), "close")));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await t.notThrowsAsync(connect());
});

test.serial("a host that never ends its TLS handshake is given up", async (t) => {
  const { ask } = await openHost(t, undefined);
  t.regex(await ask(get(bearer)), /^HTTP\/1\.1 502 (?:.|\s)*does not end its TLS handshake/);
});

/** Requests that a program may write, and the answer that it gets. */
const odd: readonly (readonly [said: string, answer: RegExp, hostSees?: RegExp])[] = [
  [`${get("Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT /")}hi`, /100 Continue(?:.|\s)*200 OK/, /hi/],
  [`${get("Transfer-Encoding: chunked\r\n", "POST /")}2;x=y\r\nhi\r\n0\r\nX: y\r\n\r\n`, /200 OK/, /\r\n2\r\nhi\r\n/],
  [`${get("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "POST /")}0\r\n\r\n`, /^(?:broken)?$/],
  [`${get("Transfer-Encoding: gzip, chunked\r\n", "POST /")}0\r\n\r\n`, /^/, /^(?!.*gzip)/s],
  [`${get("Transfer-Encoding: chunked\r\n", "POST /")}zz\r\n`, /^(?:broken|HTTP\/1\.1 (?:200|400|502)(?:.|\s)*)?$/],
  [`${get("Content-Length: 3\r\nContent-Length: 2\r\n", "POST /")}hi`, /^(?:broken)?$/],
  [get("Upgrade: websocket\r\n"), /200 OK/, /^(?!.*upgrade)/is],
  [get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), /200 OK/, /^(?!.*h2c)/is],
  [`GET / HTTP/1.0\r\n${bearer}\r\n`, /200 OK/, /^GET \/ HTTP\/1\.1\r\nHost: api/],
  ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^(?:broken)?$/],
  [get(bearer, "GET https://other.test/x"), /200 OK/, /^GET \/ HTTP/],
  [get(bearer, "OPTIONS *"), /200 OK/, /^OPTIONS \/ HTTP/],
  [get("Authorization: Bearer\r\n coffer-secret-r\r\n"), /^/, /^/],
  [get(`Authorization : ${placeholder}\r\n`), /^(?:broken)?$/],
  [get(`Authorization: a\rX: ${placeholder}\r\n`), /^(?:broken)?$/],
  [get(`Authorization: a\0${placeholder}\r\n`), /^(?:broken)?$/],
  [`GET / HTTP/1.1\nHost: x\n${bearer}\n`, /^(?:broken|(?:.|\s)*200 OK(?:.|\s)*)?$/],
  [get(`X: ${"y".repeat(70_000)}\r\n`), /^(?:broken)?$/],
  [`${get(`Content-Length: 100000000\r\n`, "POST /")}cut`, /200 OK|broken|^$/],
];

test.serial("an odd request is one request of the host, or none, and the caller goes on", async (t) => {
  for (const [said, answer, sees] of odd) {
    const { ask, seen } = await openHost(t, echo);
    const told = await ask(said);
    t.regex(told, answer, said.slice(0, 80));
    t.false(told.includes(value), said.slice(0, 80));
    if (sees === undefined) continue;
    t.true(seen.length <= 1, said.slice(0, 80));
    if (seen[0] !== undefined) t.regex(seen[0], sees, said.slice(0, 80));
  }
});

test.serial("a program or a host that leaves in the middle leaves nothing open", async (t) => {
  const left: Promise<unknown>[] = [];
  const { connect } = await openHost(t, (_, stream) => {
    left.push(new Promise((resolve) => void stream.once("end", resolve).once("close", resolve)));
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbegin");
  });
  for (const said of [get(""), `${get("Content-Length: 100\r\n", "PUT /")}half`, get(bearer)]) {
    const stream = await connect();
    stream.write(said);
    await once(stream, "data");
    stream.destroy();
  }
  t.is(left.length, 3);
  await Promise.all(left);
});

test.serial("a body stays a body, whatever the method: the host never reads it as a second request", async (t) => {
  const second = `TRACE /second HTTP/1.1\r\nHost: other\r\n${bearer}\r\n`;
  const chunk = `${second.length.toString(16)}\r\n${second}\r\n`;
  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "POST"]) {
    const { ask, seen } = await openHost(t, (request, stream) => {
      if (request.endsWith("0\r\n\r\n")) stream.end(whole(""));
    });
    await ask(get(`${bearer}Transfer-Encoding: chunked\r\n`, `${method} /first`).concat(chunk, "0\r\n\r\n"));
    const [said = ""] = seen;
    const [head = "", body] = [said.slice(0, said.indexOf("\r\n\r\n")), said.slice(said.indexOf("\r\n\r\n") + 4)];
    t.regex(head, /^Transfer-Encoding: chunked$/im, method);
    t.is(body, `${chunk}0\r\n\r\n`, method);
  }
});
