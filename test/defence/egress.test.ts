// The rules of egress: what a sandbox tries to reach besides what it may. Each defence is taken out once, and then the attempts
// that it keeps out must get through: a table that nothing turns red shows nothing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { build } from "esbuild";
import type * as addresses from "../../packages/core/src/egress/address.ts";
import type * as egress from "../../packages/core/src/egress/rules.ts";
import { repository } from "../helpers/build.ts";

type Module = typeof egress & Pick<typeof addresses, "parseAddress" | "parseBlock">;
type File = "rules.ts" | "address.ts";

interface Attempt {
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
  /** What the program asks for. */
  readonly host: string;
  readonly port?: number;
  /** The address that the name leads to. */
  readonly leadsTo?: string;
}

const named = ["api.example.org:443", "*.npmjs.org"];
const to = (leadsTo: string): Attempt => ({ allow: named, host: "api.example.org", leadsTo });
const numeric = (host: string): Attempt => ({ allow: ["*"], host });

/** What must be refused, by what it is. */
const attempts = {
  "another name": { allow: named, host: "example.com" },
  "the name above": { allow: named, host: "example.org" },
  "the name of a pattern itself": { allow: named, host: "npmjs.org" },
  "a name that ends alike": { allow: named, host: "evilnpmjs.org" },
  "a name that begins alike": { allow: named, host: "api.example.org.evil.com" },
  "another port": { allow: named, host: "api.example.org", port: 80 },
  "a denied name": { allow: named, deny: ["evil.npmjs.org"], host: "evil.npmjs.org" },
  "a denied name with a dot": { allow: named, deny: ["evil.npmjs.org"], host: "evil.npmjs.org." },
  "a denied name in capitals": { allow: named, deny: ["evil.npmjs.org"], host: "EVIL.npmjs.org" },
  "an address that no rule names": { allow: named, host: "93.184.216.34" },
  "an address beside a network": { allow: ["10.1.0.0/16"], host: "10.2.0.1" },
  "a denied address": { allow: ["10.1.0.0/16"], deny: ["10.1.9.0/24"], host: "10.1.9.9" },
  "a denied address in IPv6": { allow: ["10.1.0.0/16"], deny: ["10.1.9.0/24"], host: "::ffff:10.1.9.9" },
  "metadata by a name": to("169.254.169.254"),
  "metadata of another cloud by a name": to("168.63.129.16"),
  "loopback by a name": to("127.0.0.1"),
  "loopback of IPv6 by a name": to("::1"),
  "loopback in IPv6 by a name": to("::ffff:127.0.0.1"),
  "loopback through NAT64 by a name": to("64:ff9b::7f00:1"),
  "loopback through 6to4 by a name": to("2002:7f00:1::"),
  "a private network by a name": to("10.0.0.1"),
  "a private network of IPv6 by a name": to("fd00::1"),
  "a public address of the host by a name": to("93.184.216.35"),
  "a public address of the host in IPv6 by a name": to("::ffff:93.184.216.35"),
  "a public address of the host's link by a name": to("93.184.217.9"),
  "an address as one number": numeric("2130706433"),
  "an address in hexadecimal": numeric("0x7f.1"),
  "an address in octal": numeric("0177.0.0.1"),
  "a short address": numeric("127.1"),
} satisfies Readonly<Record<string, Attempt>>;

interface Weakened {
  readonly file: File;
  readonly from: string;
  readonly to: string;
  /** Attempts that must get through. */
  readonly red: readonly (keyof typeof attempts)[];
}

const weakened: Readonly<Record<string, Weakened>> = {
  "a pattern needs no dot before it": {
    file: "rules.ts",
    from: "name.endsWith(rule.name))",
    to: "name.endsWith(rule.name.slice(1)))",
    red: ["a name that ends alike", "the name of a pattern itself"],
  },
  "ports are not compared": {
    file: "rules.ts",
    from: "rule.port === undefined || rule.port === port",
    to: "port > 0",
    red: ["another port"],
  },
  "nothing is denied": {
    file: "rules.ts",
    from: "rules.deny.find(",
    to: "rules.deny.slice(0, 0).find(",
    red: ["a denied name", "a denied name with a dot", "a denied name in capitals", "a denied address"],
  },
  "names are compared as they are written": {
    file: "rules.ts",
    from: "const refusal = denied(rules, target.port, (rule) => hasName(rule, name));",
    to: "const refusal = denied(rules, target.port, (rule) => hasName(rule, target.host));",
    red: ["a denied name with a dot", "a denied name in capitals"],
  },
  "an allowed name may lead anywhere": {
    file: "rules.ts",
    from: "if (named && own === undefined)",
    to: "if (named)",
    red: ["metadata by a name", "loopback by a name", "a private network by a name"],
  },
  "an address needs no rule": {
    file: "rules.ts",
    from: "return judgeAddress(rules, address, target, false);",
    to: "return judgeAddress(rules, address, target, true);",
    red: ["an address that no rule names"],
  },
  "numbers are names": {
    file: "rules.ts",
    from: 'return numeric.test(labels.at(-1) ?? "") ? undefined : name;',
    to: "return name;",
    red: ["an address as one number", "an address in hexadecimal", "an address in octal", "a short address"],
  },
  "what the host has is public": {
    file: "rules.ts",
    from: "(near && (",
    to: "(near && undefined && (",
    red: [
      "a public address of the host by a name",
      "a public address of the host in IPv6 by a name",
      "a public address of the host's link by a name",
    ],
  },
  "addresses within addresses are not looked at": {
    file: "address.ts",
    from: "  const inner = innerAddress(address);\n",
    to: "  const inner = address;\n",
    red: ["loopback in IPv6 by a name", "loopback through NAT64 by a name", "loopback through 6to4 by a name"],
  },
  "a denied network does not have its addresses in IPv6": {
    file: "rules.ts",
    from: "const refusal = denied(rules, port, (rule) => hasAddress(rule, address));",
    to: "const refusal = denied(rules, port, (rule) => address.length === 4 && hasAddress(rule, address));",
    red: ["a denied address in IPv6"],
  },
  "a network has all addresses": {
    file: "address.ts",
    from: "at * 8 < block.bits;",
    to: "at * 8 < block.bits - 8;",
    red: ["an address beside a network"],
  },
  "what clouds have is public": {
    file: "address.ts",
    from: '  ["168.63.129.16/32", "the host\'s platform, where metadata services are"],\n',
    to: "",
    red: ["metadata of another cloud by a name"],
  },
  "the link is public": {
    file: "address.ts",
    from: '  ["169.254.0.0/16", "the host\'s link, where metadata services are"],\n',
    to: "",
    red: ["metadata by a name"],
  },
};

const directory = join(repository, "packages/core/src/egress");

/** The module with an edit, or as it is. */
async function load(edit?: Weakened): Promise<Module> {
  const edited = (file: string): string => {
    const text = readFileSync(join(directory, file), "utf8");
    if (edit?.file !== file) return text;
    if (text.split(edit.from).length !== 2) throw new Error(`${file} has not once: ${edit.from}`);
    return text.replace(edit.from, () => edit.to);
  };
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: ["@coffer/source"],
    stdin: {
      contents: 'export * from "./rules.ts"; export { parseAddress, parseBlock } from "./address.ts";',
      resolveDir: directory,
    },
    plugins: [
      {
        name: "edit",
        setup: ({ onLoad }) =>
          onLoad({ filter: /egress\/(rules|address)\.ts$/ }, ({ path }) => ({
            contents: edited(path.slice(path.lastIndexOf("/") + 1)),
            loader: "ts",
          })),
      },
    ],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`);
}

/** Whether an attempt gets through. */
function passes(module: Module, { allow, deny = [], host, port = 443, leadsTo }: Attempt): boolean {
  const { parseRule, parseTarget, judgeTarget, judgeResolved, parseAddress, parseBlock } = module;
  const own = [parseBlock("93.184.216.35"), parseBlock("93.184.217.0/24")].flatMap((block) => block ?? []);
  const rules = {
    allow: allow.map((text) => parseRule(text, "allow")),
    deny: deny.map((text) => parseRule(text, "deny")),
  };
  const isBare = host.includes(":");
  const target = parseTarget(isBare ? `[${host}]:${port}` : `${host}:${port}`, 443);
  // The proxy refuses what is no target.
  if (target === undefined) return false;
  // As the program wrote it: the rules have to read names by themselves.
  if (judgeTarget(rules, isBare ? target : { host, port }) !== undefined) return false;
  const address = leadsTo === undefined ? undefined : parseAddress(leadsTo);
  return address === undefined || judgeResolved(rules, address, target, own) === undefined;
}

test("no attempt gets through, and what is allowed does", async (t) => {
  const module = await load();
  for (const [name, attempt] of Object.entries(attempts)) t.false(passes(module, attempt), name);
  for (const attempt of [
    to("93.184.216.34"),
    { allow: named, host: "registry.npmjs.org", port: 80 },
    { allow: ["10.1.0.0/16"], host: "10.1.0.1" },
    { allow: ["127.0.0.1:5432"], host: "127.0.0.1", port: 5432 },
  ])
    t.true(passes(module, attempt), attempt.host);
});

for (const [name, edit] of Object.entries(weakened))
  test(`where ${name}, attempts get through`, async (t) => {
    const module = await load(edit);
    for (const attempt of edit.red) t.true(passes(module, attempts[attempt]), attempt);
  });

test("every attempt but those that nothing resembles is kept out by a defence that can be taken out", (t) => {
  const red: ReadonlySet<string> = new Set(Object.values(weakened).flatMap((one) => one.red));
  t.deepEqual(
    Object.keys(attempts).filter((name) => !red.has(name)),
    [
      "another name",
      "the name above",
      "a name that begins alike",
      "loopback of IPv6 by a name",
      "a private network of IPv6 by a name",
    ],
  );
});
