// The proxy over a network of the test's own: what names lead to, and what is connected to.
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import test from "ava";
import { parseBlock } from "../../egress/address.ts";
import { parseRule } from "../../egress/rules.ts";
import { readUpstream } from "../../egress/upstream.ts";
import { SystemError } from "../../system/error.ts";
import type { Network } from "../../system/port.ts";
import type { Access } from "./access.ts";
import { makeAccess } from "./access.ts";
import type { Failed } from "./failure.ts";
import type { Denied } from "./serve.ts";
import { servePort, serveProxy } from "./serve.ts";

interface Field {
  readonly network: Network;
  readonly connected: string[];
  readonly denied: Denied[];
  readonly failed: Failed[];
}

/** A network in which names lead where they are said to, and in which some addresses answer. */
function makeField(names: Readonly<Record<string, readonly string[]>>, dead: readonly string[] = []): Field {
  const connected: string[] = [];
  const network: Network = {
    nameMessage: (name) => name,
    listen: async () => ({ close: () => {} }),
    resolve: async (name) => {
      const found = names[name];
      if (found === undefined) throw new SystemError("getaddrinfo", name, "ENOTFOUND");
      return found;
    },
    connect: async (address, port) => {
      connected.push(`${address} ${port}`);
      if (dead.includes(address)) throw new SystemError("connect", `${address} port ${port}`, "ECONNREFUSED");
      const [here, there] = duplexPair();
      // It says what it was told when that has ended.
      void text(there).then((told) => there.end(`told ${told}`));
      return here;
    },
  };
  return { network, connected, denied: [], failed: [] };
}

/** What a program gets that says something to the proxy, and then no more. */
async function ask(
  field: Field,
  allow: readonly string[],
  said: string,
  upstream?: ReturnType<typeof readUpstream>,
): Promise<string> {
  const [program, proxy] = duplexPair();
  const rules = { allow: allow.map((rule) => parseRule(rule, "allow")), deny: [] };
  program.end(Buffer.from(said, "latin1"));
  void serveProxy(
    {
      network: field.network,
      access: makeAccess(rules),
      own: () => [],
      upstream,
      onDenied: (one) => field.denied.push(one),
      onFailed: (one) => field.failed.push(one),
    },
    proxy,
  );
  return text(program);
}

const connect = (place: string): string => `CONNECT ${place} HTTP/1.1\r\n\r\nhello`;
const established = "HTTP/1.1 200 Connection established\r\n\r\n";

test("an allowed name is connected to by its address, and bytes pass both ways", async (t) => {
  const field = makeField({ "example.org": ["93.184.216.34"] });
  t.is(await ask(field, ["example.org"], connect("example.org:443")), `${established}told hello`);
  t.deepEqual(field.connected, ["93.184.216.34 443"]);
  const plain = await ask(field, ["example.org"], "GET http://example.org/x HTTP/1.1\r\n\r\n");
  t.is(plain, "told GET /x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
  const socks = Buffer.from([5, 1, 0, 5, 1, 0, 3, 11, ...Buffer.from("example.org"), 0, 80]).toString("latin1");
  t.is(await ask(field, ["example.org"], `${socks}hi`), "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00told hi");
});

test("a head that comes byte by byte is read once, not again for each byte", async (t) => {
  const [program, proxy] = duplexPair();
  const { network } = makeField({});
  const access = makeAccess({ allow: [], deny: [] });
  void serveProxy({ network, access, own: () => [], onDenied: () => {} }, proxy);
  const began = process.cpuUsage().user;
  for (const byte of `GET http://example.org/ HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r`) {
    program.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  program.end("\n");
  t.regex(await text(program), /^HTTP\/1\.1 403 /);
  t.true(process.cpuUsage().user - began < 4_000_000);
});

test("a name that leads to the host, or to a private network, is denied, and nothing is connected to", async (t) => {
  for (const address of ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0"]) {
    const field = makeField({ "example.org": [address] });
    t.regex(
      await ask(field, ["*"], connect("example.org:80")),
      /^HTTP\/1\.1 403 Forbidden \(coffer: .*\)\r\n/,
      address,
    );
    t.deepEqual(field.connected, []);
    t.like(field.denied[0], { target: { host: "example.org", port: 80 } });
  }
});

test("a connection to an address of the host ends with the rule that named the address", async (t) => {
  const field = makeField({ "example.org": ["44.0.0.2"] });
  const rules = (...allow: readonly string[]) => ({ allow: allow.map((rule) => parseRule(rule, "allow")), deny: [] });
  let readOwn = () => [parseBlock("44.0.0.2")].flatMap((block) => block ?? []);
  for (const change of [
    (access: Access) => access.change(rules("*")),
    (access: Access) => {
      readOwn = () => {
        throw new SystemError("open", "/proc/self/net/fib_trie", "EMFILE");
      };
      access.change(rules("*", "44.0.0.2"));
    },
  ]) {
    const [program, proxy] = duplexPair();
    const access = makeAccess(rules("*", "44.0.0.2"));
    void serveProxy({ network: field.network, access, own: () => readOwn(), onDenied: () => {} }, proxy);
    program.write("CONNECT example.org:80 HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => program.once("readable", resolve));
    t.is(String(program.read()), established);
    const ended = new Promise((resolve) => program.once("end", resolve).resume());
    change(access);
    await ended;
  }
  t.deepEqual(field.connected, ["44.0.0.2 80", "44.0.0.2 80"]);
});

test("of several addresses only those that are allowed are tried, one after the other", async (t) => {
  const field = makeField({ "example.org": ["127.0.0.1", "1.1.1.1", "10.0.0.1", "1.1.1.2"] }, ["1.1.1.1"]);
  t.is(await ask(field, ["example.org"], connect("example.org:80")), `${established}told hello`);
  t.deepEqual(field.connected, ["1.1.1.1 80", "1.1.1.2 80"]);
});

test("a name is looked up once for each connection: what is judged is what is connected to", async (t) => {
  const answers = [["1.1.1.1"], ["127.0.0.1"]];
  const field = makeField({});
  const network: Network = { ...field.network, resolve: async () => answers.shift() ?? [] };
  t.is(await ask({ ...field, network }, ["example.org"], connect("example.org:80")), `${established}told hello`);
  t.deepEqual(field.connected, ["1.1.1.1 80"]);
  t.regex(await ask({ ...field, network }, ["example.org"], connect("example.org:80")), / 403 /);
});

test("what is denied is told with the rule that would allow it", async (t) => {
  const field = makeField({});
  t.regex(
    await ask(field, ["a.org"], connect("b.org:443")),
    /403 Forbidden \(coffer: (.*)\)(?:.|\s)*coffer: b\.org:443: not allowed; add --allow b\.org:443\n$/,
  );
  t.deepEqual(field.denied, [{ target: { host: "b.org", port: 443 }, why: "not allowed", add: "b.org:443" }]);
  t.deepEqual(field.connected, []);
});

test("a target that does not answer is an error for the program, and no denial", async (t) => {
  const field = makeField({ "a.org": ["1.1.1.1"] }, ["1.1.1.1"]);
  t.regex(
    await ask(field, ["a.org", "b.org"], connect("a.org:443")),
    /^HTTP\/1\.1 502 Bad Gateway \(coffer: a\.org:443: .*\)\r\n/,
  );
  t.regex(await ask(field, ["a.org", "b.org"], connect("b.org:443")), /502(?:.|\s)*no such host/);
  t.deepEqual(field.denied, []);
  await ask(field, ["1.1.1.1"], connect("1.1.1.1:80"));
  await ask(field, ["a.org"], connect("a.org:443"), readUpstream({ https_proxy: "http://proxy:3128" }));
  t.deepEqual(
    field.failed.map(({ target: { host, port }, why }) => `${host} ${port} ${why}`),
    [
      "a.org 443 1.1.1.1 port 443: the connection is refused (ECONNREFUSED)",
      "b.org 443 no such host (ENOTFOUND)",
      "1.1.1.1 80 the connection is refused (ECONNREFUSED)",
      "a.org 443 proxy: no such host (ENOTFOUND)",
    ],
  );
});

test("who says nothing that a proxy knows is answered once", async (t) => {
  t.regex(await ask(makeField({}), ["*"], "SSH-2.0-x\r\n\r\n"), /^HTTP\/1\.1 400 Bad Request \(/);
  t.is(await ask(makeField({}), ["*"], "GET http://"), "");
});

test("a broken connection breaks the other", async (t) => {
  const [upstream] = duplexPair();
  const network: Network = { ...makeField({}).network, connect: async () => upstream };
  const [, proxy] = duplexPair();
  await servePort(network, 80, proxy);
  const ended = new Promise((resolve) => upstream.once("close", resolve));
  proxy.destroy();
  await ended;
  t.true(upstream.destroyed);
});

test("all of what was said arrives, however slowly it is read", async (t) => {
  const [upstream, target] = duplexPair();
  const network: Network = { ...makeField({}).network, connect: async () => upstream };
  const [program, proxy] = duplexPair();
  await servePort(network, 80, proxy);
  program.end("ask");
  target.resume().end(Buffer.alloc(300_000, "x"));
  let size = 0;
  for await (const chunk of program) {
    size += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.is(size, 300_000);
});

test("with a proxy of the caller's, names go to that, and addresses do not", async (t) => {
  const upstream = readUpstream({ https_proxy: "http://me:p%40ss@10.9.9.9:3128", no_proxy: "near.org,.corp" });
  const field = makeField({ "near.org": ["1.1.1.1"] });
  const network: Network = {
    ...field.network,
    connect: async (address, port) => {
      field.connected.push(`${address} ${port}`);
      const [here, there] = duplexPair();
      there.once("data", (chunk) => {
        if (!String(chunk).startsWith("CONNECT")) return void there.end(chunk);
        there.write("HTTP/1.1 200 OK\r\n\r\n");
        there.write(chunk);
        there.on("data", (more) => there.write(more)).on("end", () => there.end());
      });
      return here;
    },
  };
  const through = { ...field, network };
  const tunnel = await ask(through, ["far.org"], connect("far.org:443"), upstream);
  t.is(
    tunnel,
    `${established}CONNECT far.org:443 HTTP/1.1\r\nHost: far.org:443\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n\r\nhello`,
  );
  const plain = await ask(through, ["far.org"], "GET http://far.org/x HTTP/1.1\r\n\r\n", upstream);
  t.regex(plain, /^GET http:\/\/far\.org\/x HTTP\/1\.1\r\nProxy-Authorization: Basic \S+\r\nHost: far\.org\r\n/);
  // What comes behind a request is nothing that the caller's proxy may see as another one.
  const two = "GET http://far.org/ HTTP/1.1\r\n\r\nGET http://denied.org/ HTTP/1.1\r\n\r\n";
  t.notRegex(await ask(through, ["far.org"], two, upstream), /denied/);
  const withBody = "POST http://far.org/ HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET http://denied.org/ HTTP/1.1\r\n\r\n";
  t.regex(await ask(through, ["far.org"], withBody, upstream), /^CONNECT far\.org:80 HTTP(?:.|\s)*POST \/ HTTP/);
  t.regex(await ask(through, ["far.org"], connect("other.org:443"), upstream), / 403 /);
  t.deepEqual(new Set(field.connected), new Set(["10.9.9.9 3128"]));
  field.connected.length = 0;
  await ask(through, ["near.org", "8.8.8.8"], connect("near.org:443"), upstream);
  await ask(through, ["near.org", "8.8.8.8"], connect("8.8.8.8:443"), upstream);
  t.deepEqual(field.connected, ["1.1.1.1 443", "8.8.8.8 443"]);
});

test("a proxy that refuses is an error for the program", async (t) => {
  const upstream = readUpstream({ HTTP_PROXY: "10.9.9.9:3128" });
  const field = makeField({});
  const network: Network = {
    ...field.network,
    connect: async () => {
      const [here, there] = duplexPair();
      there.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return here;
    },
  };
  const answer = await ask({ ...field, network }, ["far.org"], connect("far.org:443"), upstream);
  t.regex(answer, /502(?:.|\s)*the proxy 10\.9\.9\.9:3128 answers 407/);
});
