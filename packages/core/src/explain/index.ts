// A plan in words, and questions about it. Pure: the same for the terminal and the page.
export type { Caller, OpAt, OpDetail, SlotUse } from "./ask.ts";
export { callsOf, detailsOf, opsOfCall, opsOfField, sentenceOf } from "./ask.ts";
export type { Change, Pair } from "./compare.ts";
export { alignOps, compareWords } from "./compare.ts";
export type { Explanation } from "./explain.ts";
export { explainPlan } from "./explain.ts";
export type { Fix, FixHost } from "./fix.ts";
export { fixAll, fixOf } from "./fix.ts";
export { escapeHtml, renderPlanPage } from "./page.ts";
export type { Patch } from "./patch.ts";
export { applyPatches, valueAt } from "./patch.ts";
export type { Look } from "./print.ts";
export { printExplanation, printOps, wrap } from "./print.ts";
export type { Part, Sentence, Tone } from "./sentence.ts";
export type { PlanLook } from "./summary.ts";
export { planText, summarisePlan } from "./summary.ts";
