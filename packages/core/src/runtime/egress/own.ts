// The addresses that the host has: what is sent to them stays on the host, past what a firewall keeps out.
import type { Block } from "../../egress/address.ts";
import { parseBlock } from "../../egress/address.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

/** Flags of a route: its addresses are the host's (RTF_LOCAL, RTF_ANYCAST; linux/ipv6_route.h). */
const localFlags = 0x8010_0000;

/** A route for every address is a transparent proxy's, for marked packets. */
function ownOf4({ readLines }: System): readonly Block[] {
  const found: Block[] = [];
  let last = "";
  for (const line of readLines("/proc/self/net/fib_trie")) {
    const [first = "", second, kind] = line.trim().split(" ");
    if (first === "|--") last = second ?? "";
    const block = kind === "LOCAL" && first !== "/0" ? parseBlock(last + first) : undefined;
    if (block !== undefined) found.push(block);
  }
  return found;
}

function ownOf6({ readLines }: System): readonly Block[] {
  const found: Block[] = [];
  for (const line of readLines("/proc/self/net/ipv6_route")) {
    const [to = "", bits = "", , , , , , , flags = ""] = line.trim().split(/\s+/);
    const isLocal = (Number.parseInt(flags, 16) & localFlags) !== 0 && bits !== "00";
    const text = `${to.replaceAll(/.{4}(?!$)/g, "$&:")}/${Number.parseInt(bits, 16)}`;
    const block = isLocal ? parseBlock(text) : undefined;
    if (block !== undefined) found.push(block);
  }
  return found;
}

/**
 * The addresses and networks that are the host's now, as its local routes say: `ip route add local 192.0.2.0/24 dev lo` makes a whole
 * network its own.
 */
export function ownAddresses(system: System): readonly Block[] {
  // Without IPv6 there is no such table.
  return [...ownOf4(system), ...(optional(() => ownOf6(system)) ?? [])];
}
