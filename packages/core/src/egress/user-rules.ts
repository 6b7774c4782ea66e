// What a sandbox with a user-mode network may reach, as the kernel gets it: addresses alone. The kernel knows no names.
import { CofferError, quote } from "../errors.ts";
import type { Block } from "./address.ts";
import { isIn, parseAddress, special4, whyNotPublic } from "./address.ts";
import type { Refusal, Rule, Rules, Target } from "./rules.ts";
import { printTarget } from "./rules.ts";

const domainPort = 53;
const rowBytes = 8;
const everything: Block = { address: new Uint8Array(4), bits: 0 };

/** Refuses what nobody would hold: the kernel sees addresses, and the network has those of IPv4 alone. `*` is what is public. */
function checkRules(argument: string, rules: readonly Rule[]): void {
  for (const { text, name, block } of rules) {
    if (name === "" || block?.address.length === 4) continue;
    const why =
      block === undefined
        ? "a user-mode network cannot tell by which name an address was found"
        : "a user-mode network has IPv4 alone";
    const hint = "give an address or a network, or leave --net user out: the proxy knows names";
    throw new CofferError("E_USAGE", `${argument} ${quote(text)}: ${why}`, { argument }, { hint });
  }
}

/** A row of the op `start-network`; port 0 is every port. */
type Row = readonly [block: Block, port: number, blocks: 0 | 1];

/** Adds those rules that name addresses, or those for all of them. */
function addRules(rows: Row[], rules: readonly Rule[], named: boolean, blocks: 0 | 1): void {
  for (const { block, port = 0 } of rules)
    if ((block !== undefined) === named) rows.push([block ?? everything, port, blocks]);
}

/** The kernel takes no second row for the same, and asks none behind the one that every packet fits. */
function encodeRows(rows: readonly Row[]): Uint8Array {
  const seen = new Set<string>();
  const bytes: number[] = [];
  for (const [{ address, bits }, port, blocks] of rows) {
    const key = `${address} ${bits} ${port}`;
    if (seen.has(key)) continue;
    seen.add(key);
    bytes.push(...address, port >> 8, port & 0xff, bits, blocks);
    if (bits + port === 0) break;
  }
  return Uint8Array.from(bytes);
}

/**
 * The rows, in the order in which the kernel asks them: the resolver, what is denied, what is allowed by its address, what is not
 * public, what is. `judgeTarget` and `judgeResolved` decide in the same order.
 *
 * @param own addresses of the host
 * @throws {CofferError} E_USAGE
 */
export function userRows({ allow, deny }: Rules, resolver: Block | undefined, own: readonly Block[]): Uint8Array {
  checkRules("allow", allow);
  checkRules("deny-host", deny);
  const rows: Row[] = resolver === undefined ? [] : [[resolver, domainPort, 0]];
  addRules(rows, deny, true, 1);
  addRules(rows, deny, false, 1);
  addRules(rows, allow, true, 0);
  for (const block of [...special4, ...own]) rows.push([block, 0, 1]);
  addRules(rows, allow, false, 0);
  rows.push([everything, 0, 1]);
  return encodeRows(rows);
}

/** Judges by the rows what a program asks the kernel for. A name is judged when its addresses are known. */
export function judgeUser(rows: Uint8Array, target: Target): Refusal | undefined {
  const address = parseAddress(target.host);
  if (address === undefined) return undefined;
  if (address.length === 16) return { why: "a user-mode network has IPv4 alone", add: undefined };
  for (let at = 0; at < rows.length; at += rowBytes) {
    const [high = 0, low = 0, bits = 0, blocks] = rows.subarray(at + 4, at + rowBytes);
    const port = (high << 8) | low;
    if ((port !== 0 && port !== target.port) || !isIn(address, { address: rows.subarray(at, at + 4), bits })) continue;
    if (blocks === 0) break;
    const own = whyNotPublic(address);
    return { why: own === undefined ? "not allowed" : `an address of ${own}`, add: printTarget(target) };
  }
  return undefined;
}
