import { isIP } from "node:net";
import test from "ava";
import fc from "fast-check";
import { innerAddress, isIn, parseAddress, parseBlock, printAddress, whyNotPublic } from "./address.ts";

const addressOf = (text: string): Uint8Array => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(text);
  return address;
};

test("what is an address here is one for Node as well", (t) => {
  const pieces = fc.constantFrom(
    "0",
    "1",
    "255",
    "256",
    "01",
    "ffff",
    "fffff",
    "g",
    ".",
    ":",
    "::",
    "127",
    "%1",
    " ",
    "0x7f",
    "",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 18 }), (parts) => {
      const text = parts.join("");
      // A zone names an interface of this host: nothing that a rule or a target may have.
      const isOne = isIP(text) !== 0 && !text.includes("%");
      return (parseAddress(text) !== undefined) === isOne;
    }),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseAddress(text);
      return address !== undefined && isIP(printAddress(address)) === (address.length === 4 ? 4 : 6);
    }),
  );
  t.pass();
});

test("an address and what is printed of it are the same", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
      t.deepEqual(parseAddress(printAddress(address)), address);
    }),
  );
  for (const text of [
    "::",
    "::1",
    "1::",
    "1::2:0:0:3:4",
    "1:0:0:2::3",
    "fe80::1",
    "1:2:3:4:5:6:7:0",
    "1:0:2:3:4:5:6:7",
  ])
    t.is(printAddress(addressOf(text)), text);
  t.deepEqual(parseAddress("::ffff:1.2.3.4"), parseAddress("0:0:0:0:0:ffff:102:304"));
});

const notPublic = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.255",
  "169.254.169.254",
  "168.63.129.16",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "fe80::1",
  "fc00::1",
  "fd00:ec2::254",
  "ff02::1",
  // The same, in the addresses of IPv6 that hold one of IPv4.
  "::ffff:127.0.0.1",
  "::ffff:169.254.169.254",
  "::ffff:168.63.129.16",
  "::127.0.0.1",
  "64:ff9b::10.0.0.1",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::1",
  "64:ff9b:1::192.168.0.1",
  "2001:0:4136:e378:8000:63bf:3fff:fdd2",
];

for (const text of notPublic)
  test(`${text} is not public`, (t) => {
    t.is(typeof whyNotPublic(addressOf(text)), "string");
  });

for (const text of [
  "1.1.1.1",
  "172.32.0.1",
  "100.128.0.1",
  "168.63.129.17",
  "169.253.0.1",
  "2606:4700::1111",
  "::ffff:1.1.1.1",
  "2002:101:101::",
  "64:ff9b::8.8.8.8",
])
  test(`${text} is public`, (t) => {
    t.is(whyNotPublic(addressOf(text)), undefined);
  });

test("an address of IPv6 may stand for one of IPv4", (t) => {
  t.deepEqual(innerAddress(addressOf("::ffff:1.2.3.4")), addressOf("1.2.3.4"));
  t.deepEqual(innerAddress(addressOf("2002:102:304:5::6")), addressOf("1.2.3.4"));
  t.deepEqual(innerAddress(addressOf("::1")), addressOf("::1"));
});

test("a block is an address and as many bits as there are before the host's", (t) => {
  for (const text of [
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "/8",
    "10.0.0/8",
    "::1/64",
    "::/129",
    "x",
  ])
    t.is(parseBlock(text), undefined, text);
  const block = parseBlock("172.16.0.0/12");
  if (block === undefined) return t.fail();
  t.true(isIn(addressOf("172.31.1.1"), block));
  t.false(isIn(addressOf("172.32.1.1"), block));
  t.false(isIn(addressOf("::ffff:172.31.1.1"), block));
});
