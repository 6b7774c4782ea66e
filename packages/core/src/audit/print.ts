import { escapeControl } from "@coffer/spec";
import type { Audit, Finding } from "./index.ts";

const width = 10;

function where({ pointer, op }: Finding): string {
  return pointer ?? (op === undefined ? "the plan" : `op ${op}`);
}

function printFinding(finding: Finding): readonly string[] {
  const indent = " ".repeat(width);
  return [
    `${finding.severity.padEnd(width)}${escapeControl(`${where(finding)}: ${finding.what}`)}`,
    `${indent}why: ${finding.why}`,
    `${indent}fix: ${finding.fix}`,
    `${indent}[${finding.check}; class ${finding.class}]`,
  ];
}

/** An audit for people: the worst first, and a line that counts. */
export function printAudit({ findings, counts, warnings }: Audit): string {
  const odd = warnings.map(
    ({ pointer, message }) => `${"warning".padEnd(width)}${escapeControl(`${pointer}: ${message}`)}`,
  );
  const total = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}`)
    .reverse();
  const summary = total.length === 0 ? "no findings" : total.join(", ");
  return [...findings.flatMap(printFinding), ...odd, summary].join("\n");
}
