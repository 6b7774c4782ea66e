import test from "ava";
import fc from "fast-check";
import { parseAddress, parseBlock } from "./address.ts";
import type { Rules } from "./rules.ts";
import { isCovered, judgeResolved, judgeTarget, parseRule, toName } from "./rules.ts";

const rulesOf = (allow: readonly string[], deny: readonly string[] = []): Rules => ({
  allow: allow.map((text) => parseRule(text, "allow")),
  deny: deny.map((text) => parseRule(text, "deny")),
});

/** Rules, a target, and whether it is allowed before its name is looked up. */
const rows: readonly (readonly [
  allow: readonly string[],
  deny: readonly string[],
  host: string,
  port: number,
  ok: boolean,
])[] = [
  [["example.org"], [], "example.org", 443, true],
  [["example.org"], [], "EXAMPLE.org.", 443, true],
  [["example.org"], [], "www.example.org", 443, false],
  [["example.org"], [], "notexample.org", 443, false],
  [["example.org"], [], "example.org.evil.net", 443, false],
  [["*.example.org"], [], "www.example.org", 443, true],
  [["*.example.org"], [], "a.b.example.org", 443, true],
  [["*.example.org"], [], "example.org", 443, false],
  [["*.example.org"], [], "evilexample.org", 443, false],
  [["example.org:443"], [], "example.org", 80, false],
  [["*"], [], "anything.net", 22, true],
  [["*"], ["*.evil.net"], "www.evil.net", 443, false],
  [["*"], ["evil.net:80"], "evil.net", 443, true],
  // A name is never an address: `*` allows no address.
  [["*"], [], "1.1.1.1", 443, false],
  [["1.1.1.1"], [], "1.1.1.1", 443, true],
  [["1.1.1.0/24"], ["1.1.1.2"], "1.1.1.2", 443, false],
  [["1.1.1.0/24"], ["1.1.1.2"], "::ffff:1.1.1.2", 443, false],
  [["1.1.1.0/24"], [], "::ffff:1.1.1.7", 443, true],
  [["127.0.0.1:5432"], [], "127.0.0.1", 5432, true],
  [["127.0.0.1:5432"], [], "127.0.0.1", 22, false],
  [["[2001:db8::1]:80"], [], "2001:db8::1", 80, true],
  [["10.0.0.0/8"], [], "10.255.0.1", 1, true],
  // What getaddrinfo(3) takes for an address as well.
  ...["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "1.1.1.0x1"].map(
    (host) => [["*"], [], host, 80, false] as const,
  ),
  ...[
    "",
    ".",
    "a..b",
    "a b",
    "a/b",
    "a@b",
    "[::1]",
    "fe80::1%eth0",
    "exa\u0000mple.org",
    "exämple.org",
    `${"a".repeat(64)}.org`,
  ].map((host) => [["*"], [], host, 80, false] as const),
];

for (const [allow, deny, host, port, ok] of rows)
  test(`with ${allow.join(" ")} but ${deny.join(" ") || "nothing"}, ${JSON.stringify(host)} port ${port} is ${ok ? "allowed" : "denied"}`, (t) => {
    t.is(judgeTarget(rulesOf(allow, deny), { host, port }) === undefined, ok);
  });

test("the rule that a refusal names allows the target", (t) => {
  for (const host of ["example.org", "10.0.0.1", "2001:db8::1", "127.0.0.1"]) {
    const refusal = judgeTarget(rulesOf([]), { host, port: 8080 });
    t.truthy(refusal?.add, host);
    t.is(judgeTarget(rulesOf([refusal?.add ?? ""]), { host, port: 8080 }), undefined, host);
  }
  t.is(judgeTarget(rulesOf(["*"], ["a.org"]), { host: "a.org", port: 80 })?.add, undefined);
});

const blocksOf = (isLink: boolean, ...texts: readonly string[]) =>
  texts.flatMap((text) => {
    const block = parseBlock(text);
    return block === undefined ? [] : [{ ...block, isLink }];
  });
const own = [...blocksOf(false, "44.0.0.2", "45.0.0.0/24", "2a01::/64"), ...blocksOf(true, "44.0.0.0/24", "2a04::/64")];
const resolved = (rules: Rules, text: string) => {
  const address = parseAddress(text);
  return address === undefined ? undefined : judgeResolved(rules, address, { host: "example.org", port: 443 }, own);
};

test("an allowed name leads to no address of the host, its link or a private network", (t) => {
  const rules = rulesOf(["example.org"]);
  t.is(resolved(rules, "93.184.216.34"), undefined);
  const special = ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0", "fd00::1"];
  for (const text of [...special, "44.0.0.2", "45.0.0.9", "::ffff:44.0.0.2", "2a01::1", "44.0.0.3", "2a04::7"]) {
    const refusal = resolved(rules, text);
    t.regex(refusal?.why ?? "", /^an address of /, text);
    t.is(resolved(rulesOf(["example.org", refusal?.add ?? ""]), text), undefined, text);
  }
  t.not(resolved(rulesOf(["example.org"], ["93.184.0.0/16"]), "93.184.216.34"), undefined);
  t.is(resolved(rules, "44.0.0.2")?.why, "an address of the host itself");
  t.is(resolved(rules, "44.0.0.3")?.why, "an address of the host's link");
});

test("what is no rule is an error", (t) => {
  for (const text of [
    "",
    "a b",
    "http://example.org",
    "example.org/",
    "example.org:0",
    "example.org:65536",
    "example.org:x",
    "*.",
    "a.*",
    "**",
    "10.0.0.1/8",
    "[::1",
    "::1:",
    "127.1",
    "exämple.org",
    "*.1.1.1.1",
    ":80",
  ])
    t.throws(() => parseRule(text, "allow"), { code: "E_USAGE" }, text);
  t.throws(() => parseRule("example.org/x", "allow"), { message: /give HOST or HOST:PORT alone, without a path/ });
  t.throws(() => parseRule("10.0.0.1/8", "allow"), { message: /bits after the prefix must be zero/ });
});

test("a name is what is left of it when it is compared again", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 40 }), (text) => {
      const name = toName(text);
      return name === undefined || (toName(name) === name && parseAddress(name) === undefined);
    }),
    { numRuns: 5000 },
  );
  t.pass();
});

const covers = test.macro({
  exec(t, rule: string, by: string, isAll: boolean) {
    t.is(isCovered(parseRule(rule, "allow"), parseRule(by, "allow")), isAll);
  },
  title: (_, rule, by, isAll) => `${rule} is ${isAll ? "" : "not "}covered by ${by}`,
});

for (const [rule, by] of [
  ["example.org", "example.org"],
  ["example.org:443", "example.org"],
  ["a.example.org:443", "*.example.org:443"],
  ["*.a.example.org", "*.example.org"],
  ["*.example.org", "*"],
  ["10.1.0.0/16:22", "10.0.0.0/8"],
  ["::1", "::1"],
] as const) {
  test(covers, rule, by, true);
  if (rule !== by) test(covers, by, rule, false);
}
for (const [rule, by] of [
  ["example.org", "*.example.org"],
  ["badexample.org", "*.example.org"],
  ["example.org:80", "example.org:443"],
  ["10.0.0.1", "*"],
  ["::ffff:10.0.0.1", "10.0.0.0/8"],
] as const)
  test(covers, rule, by, false);
