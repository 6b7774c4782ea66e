// The proxy of a sandbox: answers what its program connects to, and connects to what the rules allow.
import { shellWord } from "@coffer/spec";
import type { HostBlock } from "../../egress/address.ts";
import { parseAddress } from "../../egress/address.ts";
import type { Head } from "../../egress/head.ts";
import { maxHead, readHead } from "../../egress/head.ts";
import type { Refusal, Rules, Target } from "../../egress/rules.ts";
import { judgeResolved, judgeTarget, parseRule, printTarget } from "../../egress/rules.ts";
import type { Upstream } from "../../egress/upstream.ts";
import { proxiedRequest, readTunnelAnswer, tunnelRequest } from "../../egress/upstream.ts";
import type { Duplex, Network } from "../../system/port.ts";
import type { Access } from "./access.ts";
import { judgeMade } from "./access.ts";
import type { Failed } from "./failure.ts";
import { whyFailed } from "./failure.ts";
import type { LookUp } from "./names.ts";
import { join, passBack, readStart, timeoutMs } from "./streams.ts";

type Request = Extract<Head, { readonly kind: "request" }>;

/** A connection that was denied. */
export interface Denied {
  readonly target: Target;
  readonly why: string;
  /** The rule that would allow it; undefined where a rule denies it. */
  readonly add: string | undefined;
}

/** Takes a connection over; `connect` makes one to its target. */
export type Intercept = (client: Duplex, connect: () => Promise<Duplex>) => void;

/** What a proxy goes by. */
export interface Egress {
  readonly network: Network;
  readonly access: Access;
  /** The addresses that the host has now. A name that leads there is denied, as one that leads to a private network. */
  readonly own: () => readonly HostBlock[];
  /** Looks names up, for all connections of the sandbox; the network's own way if absent. */
  readonly lookUp?: LookUp;
  /** The caller's own proxy. */
  readonly upstream?: Upstream | undefined;
  readonly onDenied: (denied: Denied) => void;
  readonly onConnected?: ((target: Target) => void) | undefined;
  readonly onFailed?: ((failed: Failed) => void) | undefined;
  /** Ends connections to the hosts of secrets. Undefined for another target. */
  readonly secrets?: ((target: Target) => Intercept | undefined) | undefined;
  /** Is asked about a target that no rule allows and none denies: whether this connection may be made nevertheless. */
  readonly ask?: ((target: Target) => Promise<boolean>) | undefined;
}

/** Reads what a program asks for, and answers what comes before that. */
async function readRequest(client: Duplex): Promise<Request | undefined> {
  let greeting = 0;
  const head = await readStart<Head>(client, (bytes, seen) => {
    let found = readHead(bytes.subarray(greeting), greeting > 0, seen);
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

/** The addresses of a target that may be connected to, or the refusal. */
async function addressesOf(egress: Egress, rules: Rules, target: Target): Promise<readonly string[] | Refusal> {
  if (parseAddress(target.host) !== undefined) return [target.host];
  const found = await egress.network.resolve(target.host);
  const own = egress.own();
  const judged = found.map((text) => {
    const address = parseAddress(text);
    const refusal =
      address === undefined ? { why: "not an address", add: undefined } : judgeResolved(rules, address, target, own);
    return { text, refusal };
  });
  const allowed = judged.flatMap(({ text, refusal }) => (refusal === undefined ? [text] : []));
  const [first] = judged;
  if (allowed.length > 0) return allowed;
  if (first?.refusal === undefined) return { why: "its name leads nowhere", add: undefined };
  return { ...first.refusal, why: `its name leads to ${first.text}, ${first.refusal.why}` };
}

async function connectFirst(network: Network, addresses: readonly string[], port: number) {
  let last: unknown;
  for (const address of addresses) {
    try {
      return { stream: await network.connect(address, port, timeoutMs), address };
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
  /** Undefined where the caller's proxy has made it. */
  readonly address?: string;
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
  const { stream } = await connectFirst(network, addresses, upstream.port);
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

async function tryTo(egress: Egress, rules: Rules, request: Request): Promise<Connected | Refusal> {
  const { network, upstream } = egress;
  const { target } = request;
  if (upstream !== undefined && parseAddress(target.host) === undefined && !upstream.bypasses(target))
    return connectByProxy(network, upstream, request);
  const addresses = await addressesOf(egress, rules, target);
  if ("why" in addresses) return addresses;
  return connectFirst(network, addresses, target.port);
}

/** Connects to a target that its name allows. Why not, where its addresses do not. */
async function connectTo(egress: Egress, rules: Rules, request: Request): Promise<Connected | Refusal> {
  const { target } = request;
  try {
    return await tryTo(egress, rules, request);
  } catch (cause) {
    const why = whyFailed(cause, target);
    if (why !== undefined) egress.onFailed?.({ target, why });
    throw new Error(why ?? "nobody waits for it", { cause });
  }
}

/** How rules are read for one connection. */
type Widen = (rules: Rules) => Rules;
const asTheyAre: Widen = (rules) => rules;

/** Judges what a program asks for, and asks about what no rule decides. */
async function judge({ access, ask }: Egress, target: Target): Promise<Refusal | Widen> {
  const refusal = judgeTarget(access.rules(), target);
  if (refusal === undefined) return asTheyAre;
  const { add } = refusal;
  if (add === undefined || ask === undefined || !(await ask(target))) return refusal;
  const rule = parseRule(add, "allow");
  return (rules) => ({ ...rules, allow: [...rules.allow, rule] });
}

/** Connects for a request of a connection that was taken over. Each is judged by the rules of its time. */
async function connectAgain(egress: Egress, widen: Widen, request: Request, client: Duplex): Promise<Duplex> {
  const { access } = egress;
  const { target } = request;
  const rules = widen(access.rules());
  const connected = judgeTarget(rules, target) ?? (await connectTo(egress, rules, { ...request, isWhole: false }));
  if ("why" in connected) {
    egress.onDenied({ target, ...connected });
    throw new Error(`${printTarget(target)}: ${connected.why}`);
  }
  const { stream, address } = connected;
  access.hold([stream, client], (now) => judgeMade(widen(now), target, address, egress.own));
  egress.onConnected?.(target);
  return stream;
}

/** Names are looked up, and connections made, for a client: without it nobody wants them. */
const askedBy = (network: Network, client: Duplex, lookUp?: LookUp): Network => ({
  ...network,
  ...(lookUp === undefined ? {} : { resolve: (name) => lookUp(name, client) }),
  connect: (address, port, ms) => network.connect(address, port, ms, client),
});

/** Answers one connection of the sandbox's program to the proxy. */
export async function serveProxy(given: Egress, client: Duplex): Promise<void> {
  const egress = { ...given, network: askedBy(given.network, client, given.lookUp) };
  client.on("error", () => client.destroy());
  const request = await readRequest(client);
  if (request === undefined) return;
  const { target, answers, first } = request;
  const deny = ({ why, add }: Refusal): void => {
    egress.onDenied({ target, why, add });
    client.end(
      answers.refused(`${printTarget(target)}: ${why}${add === undefined ? "" : `; add --allow ${shellWord(add)}`}`),
    );
  };
  const { access } = egress;
  try {
    const judged = await judge(egress, target);
    if (typeof judged !== "function") return deny(judged);
    const intercept = answers.accepted.length > 0 ? egress.secrets?.(target) : undefined;
    if (intercept !== undefined) {
      access.hold([client], (rules) => judgeMade(judged(rules), target, undefined, egress.own));
      client.write(answers.accepted);
      return intercept(client, () => connectAgain(egress, judged, request, client));
    }
    const connected = await connectTo(egress, judged(access.rules()), request);
    if ("why" in connected) return deny(connected);
    const { stream, address, alone = false } = connected;
    access.hold([stream, client], (rules) => judgeMade(judged(rules), target, address, egress.own));
    egress.onConnected?.(target);
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
    join(client, (await connectFirst(askedBy(network, client), ["127.0.0.1", "::1"], port)).stream);
  } catch {
    // As where nobody listens, as far as that can be had from outside.
    client.destroy();
  }
}
