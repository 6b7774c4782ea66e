// What the page is about: one source, one host, one policy, and the newest plan of them.
import { ask } from "./client.ts";
import { firstHost } from "./hosts.ts";
import type { Failure, Host, Planned, Source } from "./protocol.ts";

export interface State {
  /** What the source is called. */
  name: string;
  source: Source;
  host: Host;
  policy: string;
  planned: Planned | undefined;
  failure: Failure | undefined;
  /** What the source was before fixes were applied. */
  before: Source | undefined;
}

/** The state of the page. */
export const state: State = {
  name: "docker run",
  source: { kind: "config", text: "" },
  host: firstHost,
  policy: "",
  planned: undefined,
  failure: undefined,
  before: undefined,
};

const listeners = new Set<() => void>();

/** Calls a function after each plan. */
export function onPlan(listener: () => void): void {
  listeners.add(listener);
}

let busy = 0;

/** Does something that the page changes after; until then the page says that it is busy. */
export async function whileBusy(work: () => Promise<void>): Promise<void> {
  busy += 1;
  document.body.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    busy -= 1;
    if (busy === 0) document.body.removeAttribute("aria-busy");
  }
}

let turn = 0;

/** Plans what the state says. An answer that another question has overtaken is dropped. */
export function replan(change: Partial<State> = {}): Promise<void> {
  Object.assign(state, change);
  turn += 1;
  return whileBusy(() => plan(turn));
}

async function plan(own: number): Promise<void> {
  const { source, host, policy } = state;
  const outcome = await ask({ ask: "plan", source, host, policy });
  if (own !== turn) return;
  state.planned = outcome.ok ? outcome.value : undefined;
  state.failure = outcome.ok ? undefined : outcome.failure;
  for (const listener of listeners) listener();
  document.body.dataset.firstPlan ??= String(performance.now());
}

/** Plans a sample. */
export async function chooseSample(name: string): Promise<void> {
  const made = await ask({ ask: "sample", name, host: state.host });
  if (!made.ok) return replan({ name, failure: made.failure });
  const { text, sandbox } = made.value;
  return replan({ name, source: { kind: "config", text, sandbox }, before: undefined });
}
