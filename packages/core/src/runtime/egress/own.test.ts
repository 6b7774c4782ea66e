import test from "ava";
import { printAddress } from "../../egress/address.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { ownAddresses } from "./own.ts";

const trie = `Id 100:
  |-- 0.0.0.0
     /0 host LOCAL
Local:
  +-- 0.0.0.0/1 3 0 5
     |-- 44.0.0.0
        /24 link UNICAST
     |-- 44.0.0.2
        /32 host LOCAL
     |-- 44.0.0.255
        /32 link BROADCAST
     |-- 45.0.0.0
        /24 host LOCAL
     |-- 46.0.0.0
        /24 universe UNICAST
     |-- 128.0.0.0
        /1 link UNICAST`;
const zeros = "0".repeat(32);
const route = (to: string, bits: string, flags: string, router = zeros): string =>
  `${to} ${bits} ${zeros} 00 ${router} 00000100 00000001 00000000 ${flags}       lo`;
const routes = [
  route(zeros, "00", "80000001"),
  route("2a010000000000000000000000000005", "80", "80200001"),
  route("2a010000000000000000000000000000", "80", "00300001"),
  route("2a020000000000000000000000000000", "40", "00000001"),
  route("2a040000000000000000000000000000", "40", "00000003", "fe800000000000000000000000000001"),
  route("2a050000000000000000000000000000", "40", "00200200"),
  route("20000000000000000000000000000000", "03", "00000001"),
  route("2a030000000000000000000000000000", "40", "80000001"),
].join("\n");

function systemWith(files: Readonly<Record<string, string>>): System {
  const readLines = (path: string): Iterable<string> => {
    const text = files[path];
    if (text === undefined) throw new SystemError("open", path, "ENOENT");
    return text.split("\n");
  };
  return { readLines } as Partial<System> as System;
}

const found = (files: Readonly<Record<string, string>>): readonly string[] =>
  ownAddresses(systemWith(files)).map(
    ({ address, bits, isLink }) => `${printAddress(address)}/${bits}${isLink ? " link" : ""}`,
  );

test("what local routes lead to is the host's, and what no router is on the way to is a link's", (t) => {
  const files = { "/proc/self/net/fib_trie": trie, "/proc/self/net/ipv6_route": routes };
  const own = ["44.0.0.2/32", "45.0.0.0/24", "2a01::5/128", "2a01::/128", "2a03::/64"];
  t.deepEqual(found(files), [...own, "44.0.0.0/24 link", "2a02::/64 link"]);
});

test("a host without IPv6 has addresses of IPv4, and a host whose table cannot be read is none without addresses", (t) => {
  t.deepEqual(found({ "/proc/self/net/fib_trie": trie }), ["44.0.0.2/32", "45.0.0.0/24", "44.0.0.0/24 link"]);
  t.throws(() => found({}), { instanceOf: SystemError });
});
