import test from "ava";
import fc from "fast-check";
import { CofferError } from "../errors.ts";
import { reachedWords } from "../plan/index.ts";
import { parseBlock } from "./address.ts";
import { judgeResolved, judgeTarget, parseRule } from "./rules.ts";
import { judgeUser, userRows } from "./user-rules.ts";

const rulesOf = (allow: readonly string[], deny: readonly string[]) => ({
  allow: allow.map((text) => parseRule(text, "allow")),
  deny: deny.map((text) => parseRule(text, "deny")),
});
const own = [parseBlock("44.0.0.2")].flatMap((block) => block ?? []);
const rows = (allow: readonly string[], deny: readonly string[] = [], resolver = parseBlock("10.0.2.3")) =>
  userRows(rulesOf(allow, deny), resolver, own);

const reached: readonly (readonly [allow: readonly string[], deny: readonly string[], words: readonly string[]])[] = [
  [["*"], [], ["10.0.2.3:53", "every public address"]],
  [["*:443"], [], ["10.0.2.3:53", "every public address:443"]],
  [["10.1.0.0/16:22", "10.1.0.0/16:22"], [], ["10.0.2.3:53", "10.1.0.0/16:22"]],
  [["*"], ["*"], ["10.0.2.3:53"]],
  [["10.1.2.3"], ["10.0.0.0/8"], ["10.0.2.3:53", "10.1.2.3"]],
];
for (const [allow, deny, words] of reached)
  test(`${allow.join(" ")} without ${deny.join(" ")}`, (t) => t.deepEqual(reachedWords(rows(allow, deny)), words));

test("the last row is for every address, and no row is there twice", (t) => {
  for (const [allow, deny] of reached) {
    const bytes = rows(allow, deny);
    const texts = Array.from({ length: bytes.length / 8 }, (_, at) => bytes.slice(at * 8, at * 8 + 7).join("."));
    t.is(new Set(texts).size, texts.length);
    t.is(texts.at(-1), "0.0.0.0.0.0.0");
  }
});

const refused: readonly (readonly [allow: readonly string[], deny: readonly string[], why: RegExp])[] = [
  [["example.org"], [], /^allow "example.org": .*by which name an address was found/],
  [["*.example.org:443"], [], /by which name/],
  [["*"], ["example.org"], /^deny-host "example.org"/],
  [["::1"], [], /has IPv4 alone/],
  [["*"], ["[fe80::1]:80"], /has IPv4 alone/],
];
for (const [allow, deny, why] of refused)
  test(`${[...allow, ...deny].join(" ")} is refused`, (t) => {
    const error = t.throws(() => rows(allow, deny), { instanceOf: CofferError });
    t.regex(error.message, why);
    t.is(error.code, "E_USAGE");
  });

/** Addresses that the rules know, and others beside them. */
const octet = fc.constantFrom(0, 1, 2, 8, 10, 100, 127, 169, 172, 192, 254, 255);
const host = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
const port = fc.constantFrom(22, 53, 443);
const block = fc
  .tuple(host, fc.constantFrom(8, 16, 32), fc.option(port, { nil: undefined }))
  .map(([address, bits, at]) => {
    const kept = address.split(".").map((part, index) => (index * 8 < bits ? part : "0"));
    return `${kept.join(".")}${bits === 32 ? "" : `/${bits}`}${at === undefined ? "" : `:${at}`}`;
  });

test("the rows decide as the proxy does, of every address and port", (t) => {
  const lists = fc.record({
    allow: fc.array(block, { maxLength: 4 }),
    deny: fc.array(block, { maxLength: 3 }),
    all: fc.boolean(),
    host,
    port,
  });
  fc.assert(
    fc.property(lists, ({ allow, deny, all, ...target }) => {
      const rules = rulesOf([...allow, ...(all ? ["*"] : [])], deny);
      const judge = all
        ? judgeResolved(rules, parseBlock(target.host)?.address ?? new Uint8Array(4), target, own)
        : judgeTarget(rules, target);
      t.is(judgeUser(userRows(rules, undefined, []), target) === undefined, judge === undefined);
    }),
    { numRuns: 3000 },
  );
});

test("the addresses of the host are denied, unless a rule names them", (t) => {
  const target = { host: "44.0.0.2", port: 443 };
  t.like(judgeUser(rows(["*"]), target), { why: "not allowed", add: "44.0.0.2:443" });
  t.is(judgeUser(rows(["44.0.0.2:443"]), target), undefined);
});
