// The verbs for people that show what would happen, and the sandbox.

import type { Runtime } from "@coffer/core";
import type { Denied } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import { toOneLine } from "../output/one-line.ts";
import type { Values } from "../parse/flags.ts";
import { UsageError } from "../parse/flags.ts";
import { severities, weakeningNames } from "../table/groups.ts";
import { describeFront } from "../version.ts";
import { onRuntime, print } from "./call.ts";
import { explainSandbox } from "./explaining.ts";
import { form } from "./form.ts";
import { onGuarded } from "./guarded.ts";
import { endAfter, finish, timedOut, traceOptions } from "./running.ts";
import { sandboxOptions } from "./sandbox-options.ts";

function toPort(word: string): number {
  if (!/^\d{1,5}$/.test(word)) throw new UsageError(`--host-port: ${word} is not the number of a port`);
  return Number(word);
}

/** How many kinds of denied connections are listed: a program may try as many as it likes. */
const mostDenials = 20;

function describeDenied({ target, why, add }: Denied): string {
  const advice = add === undefined ? "" : `: add --allow ${add}`;
  return toOneLine(`denied: connect ${verbs.printTarget(target)}: ${why}${advice}`);
}

/** Each kind of denied connection once, at the end, where it does not disturb the program's output. */
function makeDenials() {
  const lines = new Set<string>();
  return {
    add: (denied: Denied): void => {
      if (lines.size < mostDenials) lines.add(describeDenied(denied));
    },
    print: (): void => {
      for (const line of lines) process.stderr.write(`coffer: ${line}\n`);
    },
  };
}

/** What flags and files of settings say. */
function settingsOf(runtime: Runtime, values: Values) {
  return verbs.withSettings(runtime, {
    ...sandboxOptions(values),
    pidOnlyProc: values.boolean("pid-only-proc"),
    unsafe: weakeningNames.filter((name) => values.boolean(`unsafe-${name}`)),
    network: {
      allow: values.texts("allow") ?? [],
      deny: values.texts("deny-host") ?? [],
      publish: values.texts("publish") ?? [],
      hostPorts: values.texts("host-port")?.map(toPort) ?? [],
    },
  });
}

type SandboxSettings = Omit<ReturnType<typeof settingsOf>, "timeoutMs"> & { readonly args: readonly string[] };

/** What `--show` asks for, instead of a launch. */
async function show(runtime: Runtime, what: string, options: SandboxSettings, values: Values): Promise<number> {
  const as = form(values.boolean("json"));
  if (what === "plan") return print(await verbs.showSandboxPlan(runtime, options, as));
  if (what === "explain") return explainSandbox(runtime, options, values);
  const failOn = severities.find((one) => one === values.text("fail-on"));
  const { text, status } = await verbs.auditSandbox(runtime, options, { form: as, failOn });
  print(text);
  return status;
}

export const sandbox = onGuarded(async (runtime, { rest, values }) => {
  const { timeoutMs, ...options } = settingsOf(runtime, values);
  const shown = values.text("show");
  if (shown !== undefined) return show(runtime, shown, { args: rest, ...options }, values);
  const denials = makeDenials();
  const running = await verbs.sandbox(runtime, {
    args: rest,
    ...options,
    onDenied: denials.add,
    ...traceOptions(values),
    forwardSignals: true,
  });
  const end = endAfter(runtime, running, timeoutMs);
  const status = await finish(runtime, running, values, "summary");
  denials.print();
  return end.isOver() ? timedOut : status;
});

const operations = ["read", "write", "connect"] as const;

export const why = onRuntime(async (runtime, { id, values }) => {
  const { timeoutMs, ...options } = settingsOf(runtime, values);
  const op = operations.find((one) => one === values.text("op"));
  const answer = await verbs.whySandbox(runtime, { args: ["true"], ...options }, { word: id, op });
  print(values.boolean("json") ? JSON.stringify(answer, null, "\t") : toOneLine(verbs.printAnswer(answer)));
  return answer.allowed ? 0 : 1;
});

export const init = onRuntime(async (runtime, { values }) => {
  const as = verbs.formNames.find((name) => name === values.text("as"));
  return print(verbs.initProject(runtime, { from: values.text("from"), as }));
});

export const plan = onRuntime(async (runtime, { id, words, values, globals }) => {
  const [other] = words;
  const file = values.text("verify");
  const raw = values.text("raw");
  if (file !== undefined && id !== "") throw new UsageError(`unexpected argument: ${id}`);
  if (other !== undefined && !values.boolean("diff")) throw new UsageError(`unexpected argument: ${other}`);
  if (file !== undefined) return print(verbs.checkPlanFile(runtime, file));
  const bundle = id === "" ? "." : id;
  const { cgroupManager } = globals;
  if (raw !== undefined) return print(verbs.storePlan(runtime, bundle, raw, { cgroupManager }));
  if (!values.boolean("diff"))
    return print(verbs.showPlan(runtime, bundle, form(values.boolean("json")), { cgroupManager }));
  if (other === undefined) throw new UsageError("--diff: give two bundles or stored plans");
  return print(verbs.comparePlans(runtime, bundle, other, { cgroupManager }));
});

export { audit, explain } from "./explaining.ts";

export const doctor = onRuntime(async (runtime, { values }) => {
  const { text, status } = verbs.doctor(runtime, form(values.boolean("json")), describeFront());
  print(text);
  return status;
});
