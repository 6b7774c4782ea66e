// Findings with the buttons that remove them, and a policy with what breaks it.
import type { Severity } from "@coffer/core";
import { ask } from "../client.ts";
import { byId, fill, fillSlowly, h } from "../draw/dom.ts";
import { countText, drawChanges } from "../draw/words.ts";
import type { Compared, Found, Planned } from "../protocol.ts";
import { onPlan, replan, state } from "../state.ts";
import { showOp } from "./plan.ts";
import { startEditor } from "./policy-editor.ts";

const severities: readonly Severity[] = ["note", "low", "medium", "high", "critical"];

function showInPlan(op: number): void {
  location.hash = "#plan";
  setTimeout(() => showOp(op), 0);
}

function drawEffect(changes: readonly string[], compared: Compared): void {
  const undo = h("button", { type: "button", on: { click: () => void undoFix() } }, "Undo");
  fill(
    byId("effect"),
    h("h3", {}, "What the change does"),
    h(
      "details",
      { open: changes.length <= 3 },
      h("summary", {}, changes.length === 1 ? "One change of the config" : `${changes.length} changes of the config`),
      h("ul", {}, ...changes.map((text) => h("li", {}, h("code", {}, text)))),
    ),
    h("p", {}, countText(compared)),
    drawChanges(compared.words, ["before", "after"]),
    undo,
  );
}

async function undoFix(): Promise<void> {
  if (state.before === undefined) return;
  fill(byId("effect"));
  await replan({ source: state.before, before: undefined });
}

async function applyFix(wanted: { readonly check?: string; readonly pointer?: string | undefined }): Promise<void> {
  const { source, host } = state;
  if (source.kind !== "config") return;
  const fixed = await ask({ ask: "fix", source, host, ...wanted });
  if (!fixed.ok) {
    fill(byId("effect"), h("p", { class: "bad", role: "alert" }, fixed.failure.message));
    return;
  }
  const { text, changes, compared } = fixed.value;
  await replan({ source: { ...source, text }, before: source });
  drawEffect(changes, compared);
}

function drawFinding(finding: Found): HTMLElement {
  const { severity, what, why, fix, check, class: id, op, pointer, change } = finding;
  // The letter of the group is no part of the row's name in the matrix.
  const address = `docs/defence.html?find=${encodeURIComponent(id.slice(2))}`;
  const about = h("a", { href: address }, id);
  return h(
    "article",
    { class: `finding ${severity}` },
    h("h4", {}, h("span", { class: "badge" }, severity), " ", what),
    h("p", {}, why),
    h("p", {}, h("strong", {}, "Remove it: "), fix),
    h(
      "p",
      { class: "row" },
      change !== undefined &&
        h(
          "button",
          { type: "button", title: change, on: { click: () => void applyFix({ check, pointer }) } },
          "Change the config",
        ),
      op !== undefined &&
        h("button", { type: "button", class: "quiet", on: { click: () => showInPlan(op) } }, `Show op ${op}`),
      h("span", { class: "faint" }, pointer ?? "", " ", check, ", class ", about),
    ),
  );
}

function drawFindings(findings: readonly Found[]): void {
  const of = (severity: Severity): readonly Found[] => findings.filter((one) => one.severity === severity);
  const worst = severities.toReversed();
  const counts = worst.flatMap((severity) =>
    of(severity).length === 0 ? [] : [h("li", { class: severity }, `${of(severity).length} ${severity}`)],
  );
  const fixes = findings.filter(({ change }) => change !== undefined).length;
  const all = h("button", { type: "button", on: { click: () => void applyFix({}) } }, `Make all ${fixes} changes`);
  fill(byId("counts"), h("ul", { class: "counts" }, ...counts), fixes > 0 && all);
  fill(byId("findings"), ...worst.flatMap((severity) => drawGroup(severity, of(severity))));
}

function drawGroup(severity: Severity, findings: readonly Found[]): readonly Node[] {
  if (findings.length === 0) return [];
  const list = h("div", {});
  fillSlowly(list, findings.length, (index) => {
    const finding = findings[index];
    return finding === undefined ? list : drawFinding(finding);
  });
  const title = h("summary", {}, h("h3", {}, `${severity} (${findings.length})`));
  return [h("details", { open: severity !== "note" }, title, list)];
}

/** What of the policy the plan breaks. */
function violationsOf({ violations, policyFailure }: Planned): readonly Node[] {
  if (policyFailure !== undefined) return [h("p", { class: "bad" }, policyFailure.message)];
  if (violations.length === 0) return [h("p", { class: "good" }, "The plan keeps the policy.")];
  const lines = violations.map(({ rule, pointer, op, message }) => {
    const where = [pointer, op === undefined ? undefined : `op ${op}`].filter((one) => one !== undefined).join(", ");
    return h("li", { class: "bad" }, h("code", {}, rule), ` ${where === "" ? "" : `(${where}) `}${message}`);
  });
  const count = `The policy refuses the plan: ${lines.length} ${lines.length === 1 ? "reason" : "reasons"}.`;
  return [h("p", {}, count), h("ul", { class: "tones" }, ...lines)];
}

function drawViolations(): void {
  const { planned, policy } = state;
  const none = h("p", { class: "faint" }, "A policy says what a plan may do. Without one everything is allowed.");
  fill(byId("violations"), ...(policy.trim() === "" || planned === undefined ? [none] : violationsOf(planned)));
}

function draw(): void {
  byId("audit-name").textContent = state.name;
  drawFindings(state.planned?.findings ?? []);
  if (state.before === undefined) fill(byId("effect"));
  if (state.failure !== undefined) fill(byId("findings"), h("p", { class: "bad" }, state.failure.message));
  drawViolations();
}

/** Makes the view. */
export function startAuditView(): void {
  onPlan(draw);
  startEditor((policy) => void replan({ policy }));
}
