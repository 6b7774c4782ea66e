import { escapeControl } from "@coffer/spec";
import type { Audit, Finding } from "./index.ts";

const width = 10;

function where({ pointer, op }: Finding): string {
  return pointer ?? (op === undefined ? "the plan" : `op ${op}`);
}

/** Prints the findings of one check, which have one reason and one remedy. */
function printFindings(findings: readonly [Finding, ...Finding[]]): readonly string[] {
  const indent = " ".repeat(width);
  const [{ severity, why, fix, check, class: id }] = findings;
  return [
    ...findings.map(
      (finding, at) =>
        `${(at === 0 ? severity : "").padEnd(width)}${escapeControl(`${where(finding)}: ${finding.what}`)}`,
    ),
    `${indent}why: ${why}`,
    `${indent}fix: ${fix}`,
    `${indent}[${check}; class ${id}]`,
  ];
}

/** Findings of the same check, which follow each other. */
function byCheck(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups: [Finding, ...Finding[]][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    if (last?.[0].check === finding.check) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
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
  return [...byCheck(findings).flatMap(printFindings), ...odd, summary].join("\n");
}
