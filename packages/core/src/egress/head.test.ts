import test from "ava";
import fc from "fast-check";
import type { Head } from "./head.ts";
import { maxHead, readHead } from "./head.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const text = (part: Uint8Array): string => Buffer.from(part).toString("latin1");
const end = "\r\n\r\n";

function request(head: Head): Extract<Head, { kind: "request" }> {
  if (head.kind !== "request") throw new Error(head.kind);
  return head;
}

const connects: readonly (readonly [place: string, host: string, port: number])[] = [
  ["example.org:443", "example.org", 443],
  ["10.0.0.1:1", "10.0.0.1", 1],
  ["[::1]:443", "::1", 443],
  // What no rule allows is still a target, which is named in the refusal.
  ["127.1:80", "127.1", 80],
];
for (const [place, host, port] of connects)
  test(`CONNECT ${place} asks for ${host} port ${port}`, (t) => {
    const head = request(readHead(bytes(`CONNECT ${place} HTTP/1.1\r\nHost: other:1${end}rest`), false));
    t.deepEqual(head.target, { host, port });
    t.is(head.size, `CONNECT ${place} HTTP/1.1\r\nHost: other:1${end}`.length);
    t.is(head.first.length, 0);
  });

const bad = [
  "CONNECT example.org HTTP/1.1",
  "CONNECT example.org:0 HTTP/1.1",
  "CONNECT example.org:99999 HTTP/1.1",
  "CONNECT u@example.org:80 HTTP/1.1",
  "CONNECT [::1 HTTP/1.1",
  "CONNECT [x]:80 HTTP/1.1",
  `CONNECT ${"a".repeat(256)}:80 HTTP/1.1`,
  `GET http://${"a".repeat(60_000)}/ HTTP/1.1`,
  "CONNECT a:80 HTTP/2",
  "CONNECT  a:80 HTTP/1.1",
  "GET / HTTP/1.1",
  "GET https://a/ HTTP/1.1",
  "GET http:///x HTTP/1.1",
  "GET http://u:p@a/ HTTP/1.1",
  "GET ftp://a/ HTTP/1.1",
  "connect a:80 HTTP/1.1",
  "SSH-2.0-x",
  "\x16\x03\x01",
  "GET http://a/ HTTP/1.1\r\n folded: x",
  "GET http://a/ HTTP/1.1\r\nno colon",
  "GET http://a/ HTTP/1.1\r\nx : y",
  "GET http://a/ HTTP/1.1\r\nx: y\n\nGET http://b/ HTTP/1.1",
  "GET http://a/ HTTP/1.1\r\nx: y\rz",
  "GET http://a/ HTTP/1.1\r\nx: y\0",
];
for (const line of bad)
  test(`${JSON.stringify(line)} is refused in one answer`, (t) => {
    const head = readHead(bytes(`${line}${end}`), false);
    t.is(head.kind, "bad");
    if (head.kind === "bad") t.regex(text(head.answer), /^HTTP\/1\.1 400 Bad Request \(coffer: [\x20-\x7e]+\)\r\n/);
  });

test("a request is passed on with its path, the host of its URL, and what is not for the proxy", (t) => {
  const fields = [
    "Host: evil.net",
    "Accept: */*",
    "Proxy-Authorization: Basic x",
    "Proxy-Connection: keep-alive",
    "Connection: keep-alive",
    "X: 1",
  ];
  const head = request(
    readHead(bytes(`POST http://example.org:8080/a?b HTTP/1.1\r\n${fields.join("\r\n")}${end}body`), false),
  );
  t.deepEqual(head.target, { host: "example.org", port: 8080 });
  t.is(
    text(head.first),
    `POST /a?b HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nX: 1\r\nConnection: close${end}`,
  );
  t.is(
    text(request(readHead(bytes(`GET http://a?q HTTP/1.0${end}`), false)).first).split("\r\n")[0],
    "GET /?q HTTP/1.1",
  );
});

test("SOCKS 5 is greeted, and asks for a name or an address", (t) => {
  t.deepEqual(readHead(Uint8Array.of(5, 2, 1, 0, 9), false), {
    kind: "greeting",
    size: 4,
    answer: Uint8Array.of(5, 0),
  });
  t.is(readHead(Uint8Array.of(5, 1, 2), false).kind, "bad");
  t.is(readHead(Uint8Array.of(5, 2, 1), false).kind, "more");
  const name = request(readHead(Uint8Array.of(5, 1, 0, 3, 3, 97, 46, 98, 1, 187, 7), true));
  t.deepEqual([name.target, name.size], [{ host: "a.b", port: 443 }, 10]);
  t.deepEqual(request(readHead(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, 0, 80), true)).target, {
    host: "127.0.0.1",
    port: 80,
  });
  const six = Uint8Array.of(5, 1, 0, 4, ...new Array(15).fill(0), 1, 0, 80);
  t.deepEqual(request(readHead(six, true)).target, { host: "::1", port: 80 });
  // BIND, UDP, version 4, another type.
  for (const words of [
    [5, 2, 0, 1, 1],
    [5, 3, 0, 1, 1],
    [4, 1, 0, 1, 1],
    [5, 1, 0, 2, 1],
  ])
    t.is(readHead(Uint8Array.from(words), true).kind, "bad");
});

test("a head that does not end is refused before it takes memory", (t) => {
  t.is(readHead(bytes("GET http://a/ HTTP/1.1\r\n".padEnd(maxHead - 1, "x")), false).kind, "more");
  t.is(readHead(bytes("GET http://a/ HTTP/1.1\r\n".padEnd(maxHead, "x")), false).kind, "bad");
});

test("whatever is said, and in whichever pieces, it is the same request or none", (t) => {
  const piece = fc.constantFrom(
    "CONNECT ",
    "GET ",
    "http://",
    "a.b",
    ":80",
    " HTTP/1.1",
    "\r\n",
    end,
    "[::1]",
    "@",
    "\x05",
    "\x00",
    "\x01",
    "x: y",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.boolean(), (parts, greeted) => {
      const whole = bytes(parts.join(""));
      const head = readHead(whole, greeted);
      if (head.kind !== "request" && head.kind !== "greeting") return true;
      if (head.size > whole.length) return false;
      // Less than the head is not enough, and what follows changes nothing.
      const less = readHead(whole.subarray(0, head.size - 1), greeted);
      const same = readHead(whole.subarray(0, head.size), greeted, head.size - 1);
      return less.kind === "more" && same.kind === head.kind;
    }),
    { numRuns: 20_000 },
  );
  t.pass();
});
