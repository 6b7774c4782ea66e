// IP addresses as bytes, and which of them are somebody's own: nobody gets to those by a name.

/** 4 bytes, or 16. */
export type Address = Uint8Array;

const octet = /^(?:0|[1-9]\d{0,2})$/;
const group = /^[0-9a-f]{1,4}$/i;

function parse4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** The groups on one side of `::`, as bytes. */
function parseGroups(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const tail = last.includes(".") ? parse4(last) : undefined;
  if (last.includes(".") && tail === undefined) return undefined;
  const groups = tail === undefined ? parts : parts.slice(0, -1);
  if (!groups.every((part) => group.test(part))) return undefined;
  const bytes = groups.flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]);
  return [...bytes, ...(tail ?? [])];
}

function parse6(text: string): Address | undefined {
  const sides = text.split("::");
  if (sides.length > 2) return undefined;
  const [left, right] = sides.map(parseGroups);
  if (left === undefined) return undefined;
  if (sides.length === 1) return left.length === 16 ? Uint8Array.from(left) : undefined;
  if (right === undefined || left.length + right.length > 14) return undefined;
  const address = new Uint8Array(16);
  address.set(left);
  address.set(right, 16 - right.length);
  return address;
}

/** Reads an address in its usual form (RFC 4291 section 2.2, dotted quads); without a zone, and no other number. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parse6(text) : parse4(text);
}

/** The longest run of zeros as `::` (RFC 5952 section 4.2). */
function shorten(text: string): string {
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].toSorted((a, b) => b[0].length - a[0].length);
  const run = runs[0];
  return run === undefined ? text : `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length + 1)}`;
}

/** Writes an address as people do. */
export function printAddress(address: Address): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((address[at * 2] ?? 0) << 8) | (address[at * 2 + 1] ?? 0));
  return shorten(groups.map((value) => value.toString(16)).join(":"));
}

/** Some addresses: those that begin with the same bits. */
export interface Block {
  readonly address: Address;
  readonly bits: number;
}

/** Some addresses of the host, or of a link that it is on. */
export interface HostBlock extends Block {
  readonly isLink?: boolean;
}

/** Whether an address is in a block. */
export function isIn(address: Address, block: Block): boolean {
  if (address.length !== block.address.length) return false;
  for (let at = 0; at * 8 < block.bits; at += 1) {
    const left = block.bits - at * 8;
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if (((address[at] ?? 0) & mask) !== ((block.address[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** Reads `ADDRESS/BITS`, or an address alone. Bits of the host part are an error. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const longest = address.length * 8;
  const word = slash < 0 ? `${longest}` : text.slice(slash + 1);
  const bits = Number(word);
  if (!/^\d{1,3}$/.test(word) || bits > longest) return undefined;
  const hasHost = address.some((byte, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
  return hasHost ? undefined : { address, bits };
}

/** What the registries for special purposes have (IANA; RFC 6890 and its updates), what is not unicast, and what clouds have. */
const special: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "this host"],
  ["10.0.0.0/8", "a private network"],
  ["100.64.0.0/10", "a provider's own network"],
  ["127.0.0.0/8", "the host's loopback interface"],
  ["169.254.0.0/16", "the host's link, where metadata services are"],
  // Azure's WireServer: a public address, which only the machine itself reaches. It gives the machine its keys.
  ["168.63.129.16/32", "the host's platform, where metadata services are"],
  ["172.16.0.0/12", "a private network"],
  ["192.0.0.0/24", "a range for a special purpose"],
  ["192.0.2.0/24", "a range for documentation"],
  ["192.88.99.0/24", "a range for a special purpose"],
  ["192.168.0.0/16", "a private network"],
  ["198.18.0.0/15", "a range for tests of networks"],
  ["198.51.100.0/24", "a range for documentation"],
  ["203.0.113.0/24", "a range for documentation"],
  ["224.0.0.0/4", "a multicast group"],
  ["240.0.0.0/4", "a range without a use"],
  ["::/128", "this host"],
  ["::1/128", "the host's loopback interface"],
  ["100::/64", "a range for a special purpose"],
  ["2001:db8::/32", "a range for documentation"],
  ["3fff::/20", "a range for documentation"],
  ["5f00::/16", "a range for a special purpose"],
  ["fc00::/7", "a private network"],
  ["fe80::/10", "the host's link"],
  ["fec0::/10", "a private network"],
  ["ff00::/8", "a multicast group"],
];

/** Prefixes whose addresses hold an IPv4 address, and where. Teredo holds its server and, inverted, its client: none is used. */
const carriers: readonly (readonly [string, number])[] = [
  ["::ffff:0:0/96", 12],
  ["::/96", 12],
  ["64:ff9b::/96", 12],
  ["64:ff9b:1::/48", 12],
  ["2002::/16", 2],
];

function toBlock(text: string): Block {
  const block = parseBlock(text);
  if (block === undefined) throw new RangeError(text);
  return block;
}

const specialBlocks = [...special, ["2001::/32", "a range of tunnels"] as const].map(
  ([text, why]) => [toBlock(text), why] as const,
);
const carrierBlocks = carriers.map(([text, at]) => [toBlock(text), at] as const);

/** The address of IPv4 that an address of IPv6 stands for, or the address itself. */
export function innerAddress(address: Address): Address {
  const found = carrierBlocks.find(([block]) => isIn(address, block));
  // `::` and `::1` are no addresses of IPv4.
  if (found === undefined || specialBlocks.some(([block]) => block.bits === 128 && isIn(address, block)))
    return address;
  return address.slice(found[1], found[1] + 4);
}

/** The blocks of IPv4 that are not of the public internet. */
export const special4: readonly Block[] = specialBlocks.flatMap(([block]) =>
  block.address.length === 4 ? [block] : [],
);

/** Why an address is not one of the public internet; undefined where it is. */
export function whyNotPublic(address: Address): string | undefined {
  const inner = innerAddress(address);
  return specialBlocks.find(([block]) => isIn(inner, block))?.[1];
}
