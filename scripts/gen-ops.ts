// Writes C headers, filters and docs from tables: the ops, their calls, the rules, and the checks of audits. Also from the
// config's schemas, the functions of WASI, and the needs of a waiting launcher. With --check it only says whether they are up to date, for CI.
import { renderAuditDocs } from "./gen/audit.ts";
import { renderOpsHeader, renderRulesHeader } from "./gen/c-ops.ts";
import { renderRowsHeader } from "./gen/c-rows.ts";
import { renderConfineFilters } from "./gen/confine.ts";
import { renderDifferences } from "./gen/differences.ts";
import { renderPlanFormat, renderRules } from "./gen/docs.ts";
import { renderEncoders } from "./gen/encoders.ts";
import { renderSatellites } from "./gen/satellites.ts";
import { renderSystemCalls } from "./gen/system-calls.ts";
import { renderWasi } from "./gen/wasi.ts";
import { writeTargets } from "./gen/write.ts";
import { renderSupport } from "./support/render.ts";

const targets = {
  "helper-c/plan/ops.gen.h": renderOpsHeader,
  "helper-c/plan/ops-rows.gen.h": renderRowsHeader,
  "helper-c/plan/rules.gen.h": renderRulesHeader,
  "helper-c/satellite/kinds.gen.h": renderSatellites,
  "packages/core/src/plan/confine/filters.gen.ts": renderConfineFilters,
  "packages/core/src/wire/encode/encoders.gen.ts": renderEncoders,
  "docs/use/audit.md": renderAuditDocs,
  "docs/differences.md": renderDifferences,
  "docs/formats/plan-format.md": renderPlanFormat,
  "docs/formats/system-calls.md": renderSystemCalls,
  "docs/formats/verifier-rules.md": renderRules,
  "docs/use/wasi.md": renderWasi,
  "docs/use/oci-support.md": renderSupport,
} as const;

writeTargets(targets, "npm run gen");
