// What is unusual: the findings of the audit, in few lines.
import type { Audit, Finding, Severity } from "../audit/index.ts";
import type { Exposure } from "../exposure/index.ts";
import type { Part, Sentence, Tone } from "./sentence.ts";
import { say, sayIf } from "./sentence.ts";

const tones = { critical: "bad", high: "bad", medium: "odd", low: "plain", note: "plain" } as const satisfies Readonly<
  Record<Severity, Tone>
>;

const isCapability = ({ check }: Finding): boolean => /^(own-)?cap-/.test(check);
const most = 8;

function sayFinding(finding: Finding): Sentence {
  const { check, severity, what, op, pointer } = finding;
  const at = { ...(op === undefined ? {} : { op }), ...(pointer === undefined ? {} : { from: pointer }) };
  return say(`finding ${check} ${what}`, `${severity}: ${what}`, tones[severity], at);
}

/** Findings that say the same are one. Of those about capabilities, which are many, the worst stands for all. */
function withoutLesser(findings: readonly Finding[]): readonly Finding[] {
  const nameOf = (finding: Finding): string => (isCapability(finding) ? "" : `${finding.check} ${finding.what}`);
  const first = new Map<string, Finding>();
  for (const finding of findings) if (!first.has(nameOf(finding))) first.set(nameOf(finding), finding);
  return [...first.values()];
}

/** What is unusual in a plan: the findings that are worse than `low`, the worst first; not all of them, unless asked. */
export function explainUnusual({ doubts }: Exposure, { findings, warnings }: Audit, isWhole: boolean): Part {
  const heavy = withoutLesser(findings.filter(({ severity }) => tones[severity] !== "plain"));
  const shown = isWhole ? heavy : heavy.slice(0, most);
  const left = isWhole ? 0 : findings.length - shown.length;
  const count = `${left} ${shown.length > 0 ? "more" : "mild"} ${left === 1 ? "finding" : "findings"}`;
  const sentences = [
    ...shown.map(sayFinding),
    ...warnings.map(({ pointer, message }) =>
      say(`warning ${pointer}`, `${pointer}: ${message}`, "odd", { from: pointer }),
    ),
    ...sayIf(left > 0, "findings", `the audit has ${count}`),
  ];
  const none = say("unusual none", doubts.length === 0 ? "nothing" : "parts of the plan are not known", "good");
  return { title: "Unusual", sentences: sentences.length > 0 ? sentences : [none] };
}
