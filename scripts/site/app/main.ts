// The page: views, the toolbar, and what is dropped or pasted.

import { ask } from "./client.ts";
import { byId, fill, h } from "./draw/dom.ts";
import { countText, drawChanges } from "./draw/words.ts";
import type { Opened } from "./open.ts";
import { openFile, openText } from "./open.ts";
import type { Host } from "./protocol.ts";
import { sampleGroups } from "./samples-list.ts";
import { chooseSample, replan, state, whileBusy } from "./state.ts";
import { startAuditView } from "./views/audit.ts";
import { showCompare, startCompareView } from "./views/compare.ts";
import { startPlanView } from "./views/plan.ts";
import { addTrace, startTraceView } from "./views/trace.ts";

const views = ["plan", "audit", "compare", "trace"] as const;

function showView(): void {
  const asked = location.hash.slice(1);
  const name = views.find((one) => one === asked) ?? "plan";
  for (const view of views) {
    byId(`view-${view}`).hidden = view !== name;
    const link = byId(`to-${view}`);
    if (view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("toolbar").hidden = name === "trace";
  showCompare();
}

/** Reads a file and shows what it is. */
function openOne(file: File): void {
  void whileBusy(async () => open(file.name, await openFile(file)));
}

async function open(name: string, opened: Opened): Promise<void> {
  if (opened.is === "trace") {
    addTrace(name, opened.text);
    location.hash = "#trace";
    return;
  }
  if (opened.is === "facts") return whileBusy(() => changeHost(opened.host));
  if (location.hash === "#trace") location.hash = "#plan";
  const pick = byId("sample");
  if (pick instanceof HTMLSelectElement) pick.value = "";
  await replan({ name, source: opened.source, before: undefined });
}

/** Plans for another host, and says what that changes. */
async function changeHost(change: Partial<Host>): Promise<void> {
  const before = { source: state.source, host: state.host };
  state.host = { ...state.host, ...change };
  byId("real-host").hidden = state.host.facts === undefined;
  // A sample is that of its host.
  const pick = byId("sample");
  const sample = pick instanceof HTMLSelectElement ? pick.value : "";
  if (sample !== "" && state.before === undefined) await chooseSample(sample);
  else await replan();
  const box = byId("host-effect");
  const compared = await ask({
    ask: "compare",
    left: before.source,
    right: state.source,
    host: state.host,
    before: before.host,
  });
  if (!compared.ok) return fill(box);
  const close = h("button", { type: "button", class: "quiet", on: { click: () => fill(box) } }, "Close");
  fill(
    box,
    h(
      "div",
      { class: "card wide" },
      h("h3", {}, "What the other host changes"),
      h("p", {}, countText(compared.value)),
      drawChanges(compared.value.words, ["before", "now"]),
      close,
    ),
  );
}

function startHost(): void {
  for (const name of ["kernel", "cgroups", "caller", "userns"] as const) {
    const pick = byId(`host-${name}`);
    if (!(pick instanceof HTMLSelectElement)) continue;
    pick.value = state.host[name];
    pick.addEventListener("change", () => void whileBusy(() => changeHost({ [name]: pick.value, facts: undefined })));
  }
}

function startSamples(): void {
  const pick = byId("sample");
  if (!(pick instanceof HTMLSelectElement)) return;
  const groups = Object.entries(sampleGroups).map(([label, names]) =>
    h("optgroup", { label }, ...names.map((name) => h("option", { value: name }, name))),
  );
  fill(pick, h("option", { value: "" }, "a file of yours"), ...groups);
  pick.value = state.name;
  pick.addEventListener("change", () => pick.value !== "" && void chooseSample(pick.value));
}

function startFiles(): void {
  const pick = byId("file");
  pick.addEventListener("change", () => {
    const file = pick instanceof HTMLInputElement ? pick.files?.[0] : undefined;
    if (file === undefined) return;
    openOne(file);
    if (pick instanceof HTMLInputElement) pick.value = "";
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer?.files ?? []) openOne(file);
  });
  addEventListener("paste", (event) => {
    if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text.trim() !== "") void open("pasted", openText(text));
  });
}

function startSaving(): void {
  const save = (name: string, text: string): void => {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: name });
    link.click();
    // The browser may come to it late.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  byId("save-config").addEventListener(
    "click",
    () => state.source.kind === "config" && save("config.json", state.source.text),
  );
  byId("save-plan").addEventListener(
    "click",
    () => state.planned !== undefined && save("plan.json", `${state.planned.json}\n`),
  );
}

startPlanView();
startAuditView();
startCompareView();
startTraceView();
startHost();
startSamples();
startFiles();
startSaving();
addEventListener("hashchange", showView);
showView();
void chooseSample(state.name);
