// The proxy of a sandbox: answers what its program connects to, and connects to what the rules allow.
import { parseAddress } from "../../egress/address.ts";
import type { Head } from "../../egress/head.ts";
import { readHead } from "../../egress/head.ts";
import type { Refusal, Rules, Target } from "../../egress/rules.ts";
import { judgeResolved, judgeTarget, printTarget } from "../../egress/rules.ts";
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
  readonly onDenied: (denied: Denied) => void;
}

/** How long a program may take to say where it wants to, and a target to answer. */
const timeoutMs = 30_000;

/** Reads the head of a connection. What comes after it stays in the stream. Undefined when it ended before. */
function readRequest(client: Duplex): Promise<Request | undefined> {
  let bytes = new Uint8Array(0);
  let greeted = false;
  return new Promise((resolve) => {
    const end = (request: Request | undefined): void => {
      clearTimeout(timer);
      client.off("readable", take).off("close", gone).off("end", gone);
      resolve(request);
    };
    const gone = (): void => {
      client.destroy();
      end(undefined);
    };
    const timer = setTimeout(gone, timeoutMs);
    /** Goes on with what is there. */
    const look = (): void => {
      const head = readHead(bytes, greeted);
      if (head.kind === "more") return;
      if (head.kind === "bad") {
        client.end(head.answer);
        end(undefined);
        return;
      }
      const rest = bytes.slice(head.size);
      if (head.kind === "request") {
        if (rest.length > 0) client.unshift(rest);
        end(head);
        return;
      }
      greeted = true;
      client.write(head.answer);
      bytes = rest;
      look();
    };
    const take = (): void => {
      const chunk: unknown = client.read();
      if (!(chunk instanceof Uint8Array)) return;
      const joined = new Uint8Array(bytes.length + chunk.length);
      joined.set(bytes);
      joined.set(chunk, bytes.length);
      bytes = joined;
      look();
    };
    client.on("readable", take).once("close", gone).once("end", gone);
  });
}

/** Passes bytes on in both directions, until both have ended or one is broken. */
export function join(one: Duplex, other: Duplex): void {
  const broken = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const end of [one, other]) end.once("error", broken).once("close", broken);
  one.pipe(other);
  other.pipe(one);
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
    const addresses = await addressesOf(egress, target);
    if ("why" in addresses) return deny(addresses);
    const upstream = await connectFirst(egress.network, addresses, target.port);
    if (answers.accepted.length > 0) client.write(answers.accepted);
    if (first.length > 0) upstream.write(first);
    join(client, upstream);
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
