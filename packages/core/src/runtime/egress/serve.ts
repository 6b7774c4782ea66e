// The proxy of a sandbox: answers what its program connects to, and connects to what the rules allow.
import { parseAddress } from "../../egress/address.ts";
import type { Head } from "../../egress/head.ts";
import { maxHead, readHead } from "../../egress/head.ts";
import type { Refusal, Rules, Target } from "../../egress/rules.ts";
import { judgeResolved, judgeTarget, printTarget } from "../../egress/rules.ts";
import type { Upstream } from "../../egress/upstream.ts";
import { proxiedRequest, readTunnelAnswer, tunnelRequest } from "../../egress/upstream.ts";
import type { Duplex, Network } from "../../system/port.ts";

type Request = Extract<Head, { readonly kind: "request" }>;

/** A connection that was denied. */
export interface Denied {
  readonly target: Target;
  readonly why: string;
  /** The rule that would allow it; undefined where a rule denies it. */
  readonly add: string | undefined;
}

/** What a proxy goes by. */
export interface Egress {
  readonly network: Network;
  readonly rules: Rules;
  /** The caller's own proxy. */
  readonly upstream?: Upstream | undefined;
  readonly onDenied: (denied: Denied) => void;
}

/** How long a program may take to say where it wants to, and a target to answer. */
const timeoutMs = 30_000;

/** What is read of the bytes so far: `undefined` asks for more, `rest` is what stays in the stream. */
interface Taken<T> {
  readonly value: T;
  readonly rest: Uint8Array;
}

/** Reads the beginning of a stream. Undefined when the stream or the time ended before. */
function readStart<T>(stream: Duplex, look: (bytes: Uint8Array) => Taken<T> | undefined): Promise<T | undefined> {
  let bytes = new Uint8Array(0);
  return new Promise((resolve) => {
    const end = (value: T | undefined): void => {
      clearTimeout(timer);
      stream.off("readable", take).off("close", gone).off("end", gone);
      resolve(value);
    };
    const gone = (): void => {
      stream.destroy();
      end(undefined);
    };
    const timer = setTimeout(gone, timeoutMs);
    const take = (): void => {
      const chunk: unknown = stream.read();
      if (!(chunk instanceof Uint8Array)) return;
      const joined = new Uint8Array(bytes.length + chunk.length);
      joined.set(bytes);
      joined.set(chunk, bytes.length);
      bytes = joined;
      const taken = look(bytes);
      if (taken === undefined) return;
      if (taken.rest.length > 0) stream.unshift(taken.rest);
      end(taken.value);
    };
    stream.on("readable", take).once("close", gone).once("end", gone);
  });
}

/** Reads what a program asks for, and answers what comes before that. */
async function readRequest(client: Duplex): Promise<Request | undefined> {
  let greeting = 0;
  const head = await readStart<Head>(client, (bytes) => {
    let found = readHead(bytes.subarray(greeting), greeting > 0);
    if (found.kind === "greeting") {
      greeting = found.size;
      client.write(found.answer);
      found = readHead(bytes.subarray(greeting), true);
    }
    if (found.kind === "more") return undefined;
    const size = found.kind === "request" ? found.size : bytes.length - greeting;
    return { value: found, rest: bytes.slice(greeting + size) };
  });
  if (head?.kind === "bad") client.end(head.answer);
  return head?.kind === "request" ? head : undefined;
}

/** Passes bytes on in both directions, until both have ended or one is broken. */
export function join(one: Duplex, other: Duplex): void {
  const broken = (): void => {
    one.destroy();
    other.destroy();
  };
  const pass = (from: Duplex, to: Duplex): void => {
    // What was said to the end is still on its way to the other side.
    from.on("error", broken).once("close", () => void (to.writableEnded || broken()));
    from.pipe(to);
  };
  pass(one, other);
  pass(other, one);
}

/** Passes bytes on in one direction. What comes the other way is lost. */
function passBack(from: Duplex, to: Duplex): void {
  to.resume().once("close", () => from.destroy());
  from.on("error", () => to.destroy()).pipe(to);
}

/** The addresses of a target that may be connected to, or why there are none. */
async function addressesOf({ network, rules }: Egress, target: Target): Promise<readonly string[] | Refusal> {
  if (parseAddress(target.host) !== undefined) return [target.host];
  const found = await network.resolve(target.host);
  const judged = found.map((text) => {
    const address = parseAddress(text);
    const refusal =
      address === undefined ? { why: "not an address", add: undefined } : judgeResolved(rules, address, target);
    return { text, refusal };
  });
  const allowed = judged.flatMap(({ text, refusal }) => (refusal === undefined ? [text] : []));
  const [first] = judged;
  if (allowed.length > 0) return allowed;
  if (first?.refusal === undefined) return { why: "its name leads nowhere", add: undefined };
  return { ...first.refusal, why: `its name leads to ${first.text}, ${first.refusal.why}` };
}

async function connectFirst(network: Network, addresses: readonly string[], port: number): Promise<Duplex> {
  let last: unknown;
  for (const address of addresses) {
    try {
      return await network.connect(address, port, timeoutMs);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

const toLetters = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const toBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);

/** A connection for a request. `alone`: nothing more of the program's may be sent. */
interface Connected {
  readonly stream: Duplex;
  readonly alone?: boolean;
}

/**
 * Connects to the caller's own proxy, and has that connect to the target, whose name is the proxy's to resolve. A second request
 * behind the first would be the proxy's to judge: only a request without a body goes to the proxy itself, and nothing after it.
 */
async function connectByProxy(
  network: Network,
  upstream: Upstream,
  { target, first, isWhole = false }: Request,
): Promise<Connected> {
  const isAddress = parseAddress(upstream.host) !== undefined;
  const addresses = isAddress ? [upstream.host] : await network.resolve(upstream.host);
  const stream = await connectFirst(network, addresses, upstream.port);
  stream.on("error", () => stream.destroy());
  if (isWhole) {
    stream.write(toBytes(proxiedRequest(upstream, target, toLetters(first))));
    return { stream, alone: true };
  }
  stream.write(toBytes(tunnelRequest(upstream, target)));
  const status = await readStart(stream, (bytes) => {
    const answer = readTunnelAnswer(toLetters(bytes));
    if (answer !== undefined) return { value: answer.status, rest: bytes.slice(answer.size) };
    return bytes.length > maxHead ? { value: 0, rest: bytes } : undefined;
  });
  if (status === 200) return { stream };
  stream.destroy();
  throw new Error(`the proxy ${upstream.host}:${upstream.port} answers ${status ?? "nothing"}`);
}

/** Connects to a target that its name allows. Why not, where its addresses do not. */
async function connectTo(egress: Egress, request: Request): Promise<Connected | Refusal> {
  const { network, upstream } = egress;
  const { target } = request;
  if (upstream !== undefined && parseAddress(target.host) === undefined && !upstream.bypasses(target))
    return connectByProxy(network, upstream, request);
  const addresses = await addressesOf(egress, target);
  if ("why" in addresses) return addresses;
  return { stream: await connectFirst(network, addresses, target.port) };
}

/** Answers one connection of the sandbox's program to the proxy. */
export async function serveProxy(egress: Egress, client: Duplex): Promise<void> {
  client.on("error", () => client.destroy());
  const request = await readRequest(client);
  if (request === undefined) return;
  const { target, answers, first } = request;
  const deny = ({ why, add }: Refusal): void => {
    egress.onDenied({ target, why, add });
    client.end(answers.refused(`${printTarget(target)}: ${why}${add === undefined ? "" : `; add --allow ${add}`}`));
  };
  const refusal = judgeTarget(egress.rules, target);
  if (refusal !== undefined) return deny(refusal);
  try {
    const connected = await connectTo(egress, request);
    if ("why" in connected) return deny(connected);
    const { stream, alone = false } = connected;
    if (answers.accepted.length > 0) client.write(answers.accepted);
    if (!alone && first.length > 0) stream.write(first);
    if (alone) passBack(stream, client);
    else join(client, stream);
  } catch (error) {
    const why = error instanceof Error ? error.message : "cannot connect";
    client.end(answers.failed(`${printTarget(target)}: ${why}`));
  }
}

/** Answers one connection of the sandbox's program to a port of the host's own loopback interface. */
export async function servePort(network: Network, port: number, client: Duplex): Promise<void> {
  client.on("error", () => client.destroy());
  try {
    join(client, await connectFirst(network, ["127.0.0.1", "::1"], port));
  } catch {
    // As where nobody listens, as far as that can be had from outside.
    client.destroy();
  }
}
