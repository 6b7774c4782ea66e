// The nearest rule wins: rules → mounts and masks.
import test from "ava";
import type { PathRule } from "./rules.ts";
import { planRules, ruleFor } from "./rules.ts";

const read = (path: string, source = path): PathRule => ({ path, source, access: "read" });
const write = (path: string, source = path): PathRule => ({ path, source, access: "write" });
const deny = (path: string): PathRule => ({ path, access: "deny" });
const tmp = (path: string): PathRule => ({ path, access: "tmp", size: 4096 });

/** What is mounted, in order: `ro /a`, `rw /a`, `tmpfs /a`; and what is masked. */
function told(rules: readonly PathRule[], others: readonly PathRule[] = []): readonly string[] {
  const { mounts, masked } = planRules(rules, others, undefined);
  const words = mounts.map((mount) => {
    const { type, destination, options } = JSON.parse(JSON.stringify(mount));
    return `${type === "tmpfs" ? "tmpfs" : options.includes("rw") ? "rw" : "ro"} ${destination}`;
  });
  return [...words, ...masked.map((path) => `mask ${path}`)];
}

type RuleRow = readonly [title: string, rules: readonly PathRule[], expected: readonly string[]];

const rows: readonly RuleRow[] = [
  ["what is above comes first", [write("/a/b"), read("/a")], ["ro /a", "rw /a/b"]],
  ["the same again is no mount", [read("/a"), read("/a/b")], ["ro /a"]],
  ["what comes from elsewhere is one", [read("/a"), read("/a/b", "/c")], ["ro /a", "ro /a/b"]],
  ["reading in what can be written", [write("/a"), read("/a/b")], ["rw /a", "ro /a/b"]],
  ["writing in reading in writing", [write("/a"), read("/a/b"), write("/a/b/c")], ["rw /a", "ro /a/b", "rw /a/b/c"]],
  ["a denied path is covered at the end", [read("/a"), deny("/a/b")], ["ro /a", "mask /a/b"]],
  ["allowed in denied", [read("/a"), deny("/a/b"), read("/a/b/c")], ["ro /a", "tmpfs /a/b", "ro /a/b/c"]],
  [
    "denied in allowed in denied",
    [read("/a"), deny("/a/b"), read("/a/b/c"), deny("/a/b/c/d")],
    ["ro /a", "tmpfs /a/b", "ro /a/b/c", "mask /a/b/c/d"],
  ],
  ["nothing is denied that is not there", [deny("/x"), read("/a")], ["ro /a"]],
  ["nothing is denied twice", [read("/a"), deny("/a/b"), deny("/a/b/c")], ["ro /a", "mask /a/b"]],
  ["nor in a directory that is empty", [read("/a"), tmp("/a/b"), deny("/a/b/c")], ["ro /a", "tmpfs /a/b"]],
  ["names that begin alike are not beneath", [read("/a"), deny("/ab")], ["ro /a"]],
];

for (const [title, rules, expected] of rows)
  test(title, (t) => {
    t.deepEqual(told(rules), expected);
    t.deepEqual(told(rules.toReversed()), expected, "whatever the order of the rules");
  });

test("what is mounted before counts", (t) => {
  t.deepEqual(told([read("/usr/share"), deny("/usr/lib"), write("/usr/local")], [read("/usr")]), [
    "rw /usr/local",
    "mask /usr/lib",
  ]);
});

test("a rule about the very path that is mounted before counts", (t) => {
  const before = [read("/opt"), read("/etc/rpc"), tmp("/run")];
  t.deepEqual(told([deny("/opt"), deny("/etc/rpc"), deny("/run")], before), ["mask /opt", "mask /etc/rpc"]);
  t.deepEqual(told([deny("/opt"), read("/opt/tool")], before), ["tmpfs /opt", "ro /opt/tool"]);
  t.deepEqual(told([read("/opt"), write("/etc/rpc")], before), ["rw /etc/rpc"]);
});

test("the nearest rule is the longest that is above", (t) => {
  const rules = [read("/a"), write("/a/b"), deny("/a/b/c")];
  t.is(ruleFor(rules, "/a/b/c/d")?.access, "deny");
  t.is(ruleFor(rules, "/a/b/cc")?.access, "write");
  t.is(ruleFor(rules, "/a/bb")?.access, "read");
  t.is(ruleFor(rules, "/b"), undefined);
});
