// Coffer on aarch64, on the real kernel and not on an emulation of its calls: the lifecycle, and the rows of the defence
// matrix that are one run. UPDATE_AARCH64=1 writes docs/develop/aarch64.md.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Seen } from "../../defence/matrix/types.ts";
import { repository } from "../../helpers/build.ts";
import type { CaseResult } from "../batch/batch.ts";
import { runBatch } from "../batch/batch.ts";
import { missing, needsGuest } from "../needs.ts";
import { guestRows, judge, scriptOf } from "./defence.ts";
import { writeDocument } from "./document.ts";
import { lifecycleRows } from "./lifecycle.ts";
import { hasFront, runAarch64 } from "./machine.ts";

const document = join(repository, "docs/develop/aarch64.md");
const defenceRows = await guestRows();
const kernelCase = "kernel";

let results: ReadonlyMap<string, CaseResult> = new Map();
let guest = "";
const held = new Map<string, string>();

function canRun(t: ExecutionContext): boolean {
  if (!needsGuest(t, "aarch64")) return false;
  if (!hasFront()) t.fail("the native front for aarch64 is missing: npm run front -- --all");
  return hasFront();
}

test.before("the batch", async (t) => {
  t.timeout(1_800_000);
  if (missing("aarch64") !== undefined || !hasFront()) return;
  const cases = [
    [kernelCase, "uname -r"],
    ...Object.values(lifecycleRows).map(({ script }, index) => [`l${index}`, script]),
    ...defenceRows.map((row, index) => [`d${index}`, scriptOf(row)]),
  ];
  ({ results, guest } = await runBatch("", Object.fromEntries(cases), 120, runAarch64));
});

function resultOf(t: ExecutionContext, name: string): CaseResult | undefined {
  if (!canRun(t)) return undefined;
  const result = results.get(name);
  if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
  return result;
}

for (const [index, [title, { check }]] of Object.entries(lifecycleRows).entries())
  test.serial(title, async (t) => {
    const result = resultOf(t, `l${index}`);
    if (result === undefined) return;
    await check(t, result);
    held.set(title, "as expected");
  });

const describe = (seen: Seen): string =>
  typeof seen === "string" ? seen : "refused" in seen ? "refused" : seen.failed;

for (const [index, row] of defenceRows.entries())
  test.serial(`holds: ${row.id}`, async (t) => {
    const result = resultOf(t, `d${index}`);
    if (result === undefined) return;
    const seen = await judge(row, result);
    const failed = typeof seen !== "string" && "failed" in seen ? seen.failed : undefined;
    t.is(failed, undefined);
    held.set(row.id, describe(seen));
  });

test.serial("the document has each row", async (t) => {
  if (!canRun(t)) return;
  const kernel = results.get(kernelCase)?.stdout.trim() ?? "";
  const [qemu = ""] = execFileSync("qemu-system-aarch64", ["--version"], { encoding: "utf8" }).split("\n");
  const lifecycle = Object.keys(lifecycleRows);
  const defence = defenceRows.map(({ id }) => id);
  if (process.env.UPDATE_AARCH64 === "1")
    writeFileSync(document, writeDocument({ kernel, qemu, lifecycle, defence, held }));
  const text = readFileSync(document, "utf8");
  for (const name of [...lifecycle, ...defence]) t.true(text.includes(`| ${name} |`), name);
});
