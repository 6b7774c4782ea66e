// A plan as text, which begins with one line: who, the network, what of the host can be written, the limits.
import { escapeControl } from "@coffer/spec";
import type { Subject } from "../exposure/index.ts";
import { printPlan, printPlanJson } from "../plan/index.ts";
import type { Explanation } from "./explain.ts";
import { explainPlan } from "./explain.ts";
import type { Look } from "./print.ts";
import { paint } from "./print.ts";
import type { Sentence } from "./sentence.ts";

const sentencesOf = ({ parts }: Explanation): readonly Sentence[] => parts.flatMap(({ sentences }) => sentences);

/** The sentence of an explanation about the first of these that it has. */
function firstOf(said: Explanation, ...keys: readonly string[]): Sentence | undefined {
  const all = sentencesOf(said);
  return keys.map((one) => all.find(({ key }) => key === one)).find((found) => found !== undefined);
}

/** What of the host can be written, in a few words. */
function writes(said: Explanation): string {
  const found = firstOf(said, "writes all", "writes some", "writes root", "writes binds");
  if (found === undefined) return "writes nothing of the host";
  return `writes ${found.text.replace(/^of the host: /, "")}`;
}

/** Limits of each process by itself that stand in for those of a cgroup. */
const standsIn = /^RLIMIT_(?:DATA|NPROC|AS) \d/;

function limits(said: Explanation): string {
  const held = sentencesOf(said).filter(({ key }) => key.startsWith("limit "));
  const own = firstOf(said, "rlimits")?.text.split(", ") ?? [];
  const words = [...held.map(({ text }) => text), ...own.filter((word) => standsIn.test(word))];
  return words.length === 0 ? "no limits" : words.join(", ");
}

/** A plan in one line, escaped for a terminal. Plans that make no container have no such line. */
export function summarisePlan(subject: Subject): string | undefined {
  const said = explainPlan(subject);
  if (said.kind !== "create" && said.kind !== "restore") return undefined;
  const user = firstOf(said, "uid")?.text;
  const network = firstOf(said, "reaches", "network")?.text;
  return escapeControl([user, network, writes(said), limits(said)].filter((one) => one !== undefined).join("; "));
}

/** Whether a plan is shown in colours. */
export type PlanLook = Pick<Look, "colour">;

/** A plan for people: one line about all of it, then every op, with each sentence once. Or as JSON. */
export function planText(subject: Subject, form: "text" | "json", look: PlanLook = { colour: false }): string {
  const { plan } = subject;
  if (form === "json") return printPlanJson(plan).trimEnd();
  const text = printPlan(plan, { brief: true, paint: (kind, words) => paint(look, kind, words) });
  const summary = summarisePlan(subject);
  return `${summary === undefined ? "" : `${paint(look, "title", summary)}\n`}${text}`.trimEnd();
}
