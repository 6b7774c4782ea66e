// What a program says first to a proxy: SOCKS version 5 (RFC 1928), CONNECT, or a request with an absolute URL (RFC 9112 section
// 3.2). Everything here is hostile; nothing is kept of it but a target, and of a request its lines.
import { parseAddress, printAddress } from "./address.ts";
import type { Target } from "./rules.ts";

/** How the program is answered. */
export interface Answers {
  readonly accepted: Uint8Array;
  refused(why: string): Uint8Array;
  failed(why: string): Uint8Array;
}

/** What the bytes so far ask for. */
export type Head =
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly answer: Uint8Array; readonly why: string }
  /** Bytes to answer with, before more is read. */
  | { readonly kind: "greeting"; readonly size: number; readonly answer: Uint8Array }
  | {
      readonly kind: "request";
      /** How many bytes the head has. What follows is for the target. */
      readonly size: number;
      readonly target: Target;
      readonly answers: Answers;
      /** What the target is sent before everything else. */
      readonly first: Uint8Array;
      /** Nothing of the program's comes after `first`: a request without a body. */
      readonly isWhole?: boolean;
    };

/** No name of a host is longer (RFC 1035 section 2.3.4), and SOCKS has no longer ones. */
const longestHost = 255;
/** A head that is longer is refused. */
export const maxHead = 65_536;

const nothing = new Uint8Array(0);
const more: Head = { kind: "more" };
const socks = 5;
const toBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
const toLetters = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** The reason is in the first line too: of an answer to CONNECT most programs show nothing else. */
function status(line: string, why: string): Uint8Array {
  const reason = `coffer: ${why}`.replaceAll(/[^\x20-\x7e]/g, "?");
  const fields = `Content-Type: text/plain\r\nContent-Length: ${reason.length + 1}\r\nConnection: close`;
  return toBytes(`HTTP/1.1 ${line} (${reason})\r\n${fields}\r\n\r\n${reason}\n`);
}

const httpAnswers = (accepted: string): Answers => ({
  accepted: toBytes(accepted),
  refused: (why) => status("403 Forbidden", why),
  failed: (why) => status("502 Bad Gateway", why),
});

const socksReply = (code: number): Uint8Array => Uint8Array.of(socks, code, 0, 1, 0, 0, 0, 0, 0, 0);
const socksAnswers: Answers = {
  accepted: socksReply(0),
  refused: () => socksReply(2),
  failed: () => socksReply(5),
};

function badHttp(why: string): Head {
  return { kind: "bad", answer: status("400 Bad Request", why), why };
}

function badSocks(code: number, why: string): Head {
  return { kind: "bad", answer: socksReply(code), why };
}

/** The greeting names ways to authenticate, of which we take none at all. */
function readGreeting(bytes: Uint8Array): Head {
  const count = bytes[1];
  if (count === undefined || bytes.length < 2 + count) return more;
  if (!bytes.subarray(2, 2 + count).includes(0))
    return { kind: "bad", answer: Uint8Array.of(socks, 0xff), why: "SOCKS with authentication" };
  return { kind: "greeting", size: 2 + count, answer: Uint8Array.of(socks, 0) };
}

const addressSizes: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [4, 16],
]);

function readSocksRequest(bytes: Uint8Array): Head {
  const [version, command, , type, length] = bytes;
  if (type === undefined || length === undefined) return more;
  if (version !== socks || command !== 1) return badSocks(7, "SOCKS with a command other than CONNECT");
  const size = type === 3 ? length : addressSizes.get(type);
  if (size === undefined) return badSocks(8, "SOCKS with an unknown type of address");
  const start = type === 3 ? 5 : 4;
  const end = start + size;
  if (bytes.length < end + 2) return more;
  const place = bytes.subarray(start, end);
  const host = type === 3 ? toLetters(place) : printAddress(place);
  const port = ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0);
  return { kind: "request", size: end + 2, target: { host, port }, answers: socksAnswers, first: nothing };
}

const requestLine = /^(?<method>[A-Z]{1,32}) (?<place>[\x21-\x7e]+) HTTP\/1\.[01]$/;
const authority = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^[\]:/?#@]+)(?::(?<port>\d{1,5}))?$/;
const absolute = /^http:\/\/(?<authority>[^/?#]+)(?<path>[/?][^#]*)?$/i;
/** Fields that are for us (RFC 9110 section 7.6.1), or that we say ourselves. */
const ours: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "upgrade",
]);

function readAuthority(text: string, otherwise: number | undefined): Target | undefined {
  const groups = authority.exec(text)?.groups;
  const port = groups?.port === undefined ? otherwise : Number(groups.port);
  if (groups?.host === undefined || port === undefined || port < 1 || port > 65535) return undefined;
  // Whatever is denied is remembered, and a program asks for as much as it likes.
  if (groups.host.length > longestHost) return undefined;
  const inner = groups.host.replace(/^\[(.*)\]$/, "$1");
  const address = parseAddress(inner);
  if (groups.host.startsWith("[") && address?.length !== 16) return undefined;
  return { host: address === undefined ? inner : printAddress(address), port };
}

/** A field that says that there is a body. */
const body = /^(?:content-length|transfer-encoding):/i;
/** A field, in which nothing ends the line for those who take less than CR and LF for an end. */
const field = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

/** A request that is passed on: one to a connection, so that whose it is never has to be found out again. */
function readForward(method: string, place: string, fields: readonly string[], size: number): Head {
  const groups = absolute.exec(place)?.groups;
  const target = readAuthority(groups?.authority ?? "", 80);
  if (groups === undefined || target === undefined) return badHttp("not an absolute URL of http: without a user");
  const path = (groups.path ?? "/").replace(/^\?/, "/?");
  if (!fields.every((line) => field.test(line))) return badHttp("a field that is none");
  const kept = fields.filter((line) => !ours.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${groups.authority}`, ...kept, "Connection: close"];
  const first = toBytes(`${lines.join("\r\n")}\r\n\r\n`);
  const isWhole = (method === "GET" || method === "HEAD") && !fields.some((line) => body.test(line));
  return { kind: "request", size, target, answers: httpAnswers(""), first, isWhole };
}

const [cr, lf] = [13, 10];

/** Where an empty line ends a head; -1 where it does not yet. */
function endOfHead(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(cr, from);
  while (at >= 0 && (bytes[at + 1] !== lf || bytes[at + 2] !== cr || bytes[at + 3] !== lf))
    at = bytes.indexOf(cr, at + 1);
  return at;
}

function readHttp(bytes: Uint8Array, seen: number): Head {
  const end = endOfHead(bytes, Math.max(0, seen - 3));
  if (end < 0) return more;
  const [line = "", ...fields] = toLetters(bytes.subarray(0, end)).split("\r\n");
  const groups = requestLine.exec(line)?.groups;
  if (groups?.method === undefined || groups.place === undefined) return badHttp("neither HTTP/1.1 nor SOCKS 5");
  if (groups.method !== "CONNECT") return readForward(groups.method, groups.place, fields, end + 4);
  const target = readAuthority(groups.place, undefined);
  if (target === undefined) return badHttp("CONNECT needs HOST:PORT");
  const accepted = "HTTP/1.1 200 Connection established\r\n\r\n";
  return { kind: "request", size: end + 4, target, answers: httpAnswers(accepted), first: nothing };
}

/**
 * Reads what a program has said so far.
 *
 * @param greeted whether a SOCKS greeting came before
 * @param seen how many of the bytes were there last time, when more was asked for: they are not read again, however slowly it comes
 */
export function readHead(bytes: Uint8Array, greeted: boolean, seen = 0): Head {
  if (bytes.length === 0) return more;
  if (greeted) return readSocksRequest(bytes);
  if (bytes[0] === socks) return readGreeting(bytes);
  const head = readHttp(bytes, seen);
  return head.kind === "more" && bytes.length >= maxHead ? badHttp("the head is too long") : head;
}
