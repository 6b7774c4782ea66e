// Writes what comes from the op table, the calls of the ops, the rules table, the checks of audits, the config's schemas and the needs of a
// waiting launcher: C headers, filters and docs. With --check it only says whether they are up to date, for CI.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { renderAuditDocs } from "./gen/audit.ts";
import { renderOpsHeader, renderRulesHeader } from "./gen/c-ops.ts";
import { renderRowsHeader } from "./gen/c-rows.ts";
import { renderConfineFilters } from "./gen/confine.ts";
import { renderPlanFormat, renderRules } from "./gen/docs.ts";
import { renderSystemCalls } from "./gen/system-calls.ts";
import { renderSupport } from "./support/render.ts";

const root = new URL("../", import.meta.url);

const targets = {
  "helper-c/plan/ops.gen.h": renderOpsHeader,
  "helper-c/plan/ops-rows.gen.h": renderRowsHeader,
  "helper-c/plan/rules.gen.h": renderRulesHeader,
  "packages/core/src/plan/confine-filters.gen.ts": renderConfineFilters,
  "docs/audit.md": renderAuditDocs,
  "docs/plan-format.md": renderPlanFormat,
  "docs/system-calls.md": renderSystemCalls,
  "docs/verifier-rules.md": renderRules,
  "docs/oci-support.md": renderSupport,
} as const;

function current(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch {
    return undefined;
  }
}

const stale = Object.entries(targets)
  .map(([path, render]) => ({ path, text: render() }))
  .filter(({ path, text }) => current(path) !== text);

if (process.argv.includes("--check")) {
  for (const { path } of stale) console.error(`${path} is stale: run npm run gen`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(fileURLToPath(new URL(path, root))), { recursive: true });
    writeFileSync(new URL(path, root), text);
    console.log(`wrote ${path}`);
  }
}
