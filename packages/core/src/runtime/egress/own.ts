// The addresses that the host has: what is sent to them stays on the host, past what a firewall keeps out. Those of its links: who is
// there trusts its neighbours more than the internet.
import type { HostBlock } from "../../egress/address.ts";
import { parseBlock } from "../../egress/address.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

/** Flags of a route: its addresses are the host's (RTF_LOCAL, RTF_ANYCAST; linux/ipv6_route.h). */
const localFlags = 0x8010_0000;
/** A router is on the way, or nobody gets there (RTF_GATEWAY, RTF_REJECT; linux/route.h). */
const farFlags = 0x0202;
/** So many bits has a route to a link. One of fewer is a tunnel's, for much of the internet. */
const linkBits = { 4: 16, 6: 48 } as const;

/** A route for every address is a transparent proxy's, for marked packets. */
function ownOf4({ readLines }: System): readonly HostBlock[] {
  const found: HostBlock[] = [];
  let last = "";
  for (const line of readLines("/proc/self/net/fib_trie")) {
    const [first = "", second, kind] = line.trim().split(" ");
    if (first === "|--") last = second ?? "";
    const isLink = kind === "UNICAST" && second === "link" && Number(first.slice(1)) >= linkBits[4];
    const block = isLink || (kind === "LOCAL" && first !== "/0") ? parseBlock(last + first) : undefined;
    if (block !== undefined) found.push({ ...block, isLink });
  }
  return found;
}

function ownOf6({ readLines }: System): readonly HostBlock[] {
  const found: HostBlock[] = [];
  for (const line of readLines("/proc/self/net/ipv6_route")) {
    const [to = "", hex = "", , , , , , , word = ""] = line.trim().split(/\s+/);
    const [bits, flags] = [Number.parseInt(hex, 16), Number.parseInt(word, 16)];
    const isLocal = (flags & localFlags) !== 0 && bits > 0;
    const isLink = !isLocal && (flags & farFlags) === 0 && bits >= linkBits[6];
    const text = `${to.replaceAll(/.{4}(?!$)/g, "$&:")}/${bits}`;
    const block = isLocal || isLink ? parseBlock(text) : undefined;
    if (block !== undefined) found.push({ ...block, isLink });
  }
  return found;
}

/**
 * The addresses and networks that are the host's now, as its local routes say: `ip route add local 192.0.2.0/24 dev lo` makes a whole
 * network its own. Behind them those of its links: what it reaches without a router.
 */
export function ownAddresses(system: System): readonly HostBlock[] {
  // Without IPv6 there is no such table.
  const found = [...ownOf4(system), ...(optional(() => ownOf6(system)) ?? [])];
  return [...found.filter(({ isLink }) => !isLink), ...found.filter(({ isLink }) => isLink)];
}
