// Every config that coffer refuses, under runc and crun: what both of them run is a row of docs/differences.md. Their answers
// are recorded in peers.json; UPDATE_PEERS=1 asks them again.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { differences, maxDifferences } from "../../packages/core/src/differences.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { patched, toJson } from "../helpers/json.ts";
import { cleanUp } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { expectedVersions, otherVersions } from "../helpers/peers/peers.ts";
import { runBundle } from "../helpers/peers/runtimes.ts";
import type { ConfigRow } from "./config-rows.ts";
import { configRows } from "./config-rows.ts";

const peers = ["runc", "crun"] as const;
const file = join(import.meta.dirname, "peers.json");
const isUpdate = process.env.UPDATE_PEERS === "1";

/** Which peers run a config, and the hash of what they were asked. */
type Answer = { readonly asked: string; readonly ran: readonly string[] };
type Answers = { [title: string]: Answer };

const recorded: { readonly versions: unknown; readonly rows: Answers } = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { versions: expectedVersions, rows: {} };
const answers: Answers = {};

const hashOf = ({ patch, before = "" }: ConfigRow): string =>
  createHash("sha256")
    .update(toJson(patched({}, patch)))
    .update(before)
    .digest("hex")
    .slice(0, 16);

const isKnown = test.macro({
  exec: async (t, row: ConfigRow) => {
    if (isUpdate) {
      if (!(await needs(t, "root", "userns", ...peers))) return;
      const ran: string[] = [];
      for (const name of peers) {
        const bundle = makeBundle(t, row.patch);
        if (row.before !== undefined) execFileSync("sh", ["-ec", row.before], { cwd: bundle.base });
        const { stdout } = await runBundle(name, bundle, { mode: "v2", timeoutMs: 20_000 });
        if (stdout.includes('"rlimits"')) ran.push(name);
        cleanUp(bundle);
      }
      answers[row.title] = { asked: hashOf(row), ran };
    }
    const answer = isUpdate ? answers[row.title] : recorded.rows[row.title];
    t.is(answer?.asked, hashOf(row), "is not recorded: UPDATE_PEERS=1 npx ava test/bad-input/peers.test.ts");
    const areBoth = answer?.ran.length === peers.length;
    t.is(row.difference !== undefined, areBoth, areBoth ? "both run it: which difference is it?" : "not both run it");
  },
  title: (_provided, row: ConfigRow) => row.title,
});

for (const row of configRows) test.serial(isKnown, row);

test("the record is of the versions that are expected", (t) => {
  t.deepEqual(recorded.versions, { ...expectedVersions });
});

test("there are few differences", (t) => {
  t.true(Object.keys(differences).length <= maxDifferences);
});

test.after(async (t) => {
  if (!isUpdate) return;
  const others = await otherVersions(peers);
  if (others.length > 0) return t.log(`not recorded: ${others.join(", ")}`);
  const lines = configRows.flatMap(({ title }) => {
    const answer = answers[title] ?? recorded.rows[title];
    return answer === undefined ? [] : [`${JSON.stringify(title)}: ${JSON.stringify(answer)}`];
  });
  writeFileSync(file, `{\n"versions": ${JSON.stringify(expectedVersions)},\n"rows": {\n${lines.join(",\n")}\n}\n}\n`);
});
