// Every config that must be refused: exit code, one line that names the field, nothing left behind. The runtime is called in
// this process, which is where they are refused; ten of the rows are tried on the command line too.
import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { runInProcess } from "../helpers/callers/in-process.ts";
import type { Outcome } from "../helpers/command.ts";
import { toJson } from "../helpers/json.ts";
import { snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { runBundle } from "../helpers/peers/runtimes.ts";
import type { ConfigRow } from "./config-rows.ts";
import { configRows } from "./config-rows.ts";
import { refused } from "./refused.ts";

const runs = {
  "in process": runInProcess,
  "on the command line": (bundle: Bundle): Promise<Outcome> => runBundle("coffer", bundle),
} as const;

type Where = keyof typeof runs;

const isRefused = test.macro({
  exec: async (t, row: ConfigRow, where: Where) => {
    if (!(await needs(t, "root", "userns"))) return;
    const bundle = makeBundle(t, row.patch);
    if (row.before !== undefined) execFileSync("sh", ["-ec", row.before], { cwd: bundle.base });
    const before = snapshot(bundle);
    await refused(t, bundle, before, await runs[where](bundle), row);
  },
  title: (_provided, row: ConfigRow, where: Where) => (where === "in process" ? row.title : `${row.title}, ${where}`),
});

/** What this process has open, but for its state directories: it holds one for each path. */
function descriptors(): readonly string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "closed";
    }
  });
  return links.filter((link) => link !== "closed" && !/^\/tmp\/cft-.*\/state( \(deleted\))?$/.test(link)).sort();
}

const open = descriptors();

for (const row of configRows) test.serial(isRefused, row, "in process");

test.serial("what was refused has left no descriptor open", (t) => {
  t.deepEqual(
    descriptors().filter((link) => !open.includes(link)),
    [],
  );
});

const every = Math.ceil(configRows.length / 10);
for (const [index, row] of configRows.entries())
  if (index % every === 0) test.serial(isRefused, row, "on the command line");

type TextRow = readonly [title: string, text: (config: string) => string, error: RegExp];

const textRows: readonly TextRow[] = [
  ["an empty config", () => "", /config\.json/],
  ["no JSON", () => "container", /config\.json/],
  ["cut JSON", (config) => config.slice(0, 100), /config\.json/],
  ["a list", () => "[]", /config\.json|object/],
  ["null", () => "null", /config\.json|object/],
  [
    "a key twice",
    (config) => config.replace("{", '{"hostname": "a", '),
    /hostname.*(twice|duplicate)|(twice|duplicate).*hostname/i,
  ],
  ["a comment", (config) => config.replace("{", "{ // hello\n"), /config\.json/],
  ["a trailing comma", (config) => config.replace(/\}\s*$/, ",}"), /config\.json/],
  ["a byte order mark and rubbish", (config) => `\ufeff\u0000${config}`, /config\.json/],
  ["depth", () => "[".repeat(100_000), /config\.json/],
  [
    "17 MiB",
    (config) => config.replace("{", `{"annotations": {"a": "${"x".repeat(17 << 20)}"},`),
    /config\.json|too large|16 MiB/,
  ],
];

const textIsRefused = test.macro({
  exec: async (t, [_title, text, error]: TextRow) => {
    const bundle = makeBundle(t);
    writeFileSync(join(bundle.path, "config.json"), text(toJson(bundle.config)));
    const before = snapshot(bundle);
    await refused(t, bundle, before, await runInProcess(bundle), { error });
  },
  title: (_provided, [title]: TextRow) => `config.json: ${title}`,
});

for (const row of textRows) test.serial(textIsRefused, row);

test.serial("no config.json", async (t) => {
  const bundle = makeBundle(t);
  rmSync(join(bundle.path, "config.json"));
  const before = snapshot(bundle);
  await refused(t, bundle, before, await runBundle("coffer", bundle), {
    error: /config\.json.*(ENOENT|no such file)/i,
  });
});
