// The sandbox, and questions about it.
import type { Runtime } from "@coffer/core";
import { CofferError } from "@coffer/core";
import * as verbs from "@coffer/core/verbs";
import { toOneLine } from "../../output/one-line.ts";
import { lookOf } from "../../output/screen.ts";
import type { Values } from "../../parse/flags.ts";
import { UsageError } from "../../parse/flags.ts";
import { networkModes, severities, weakeningNames } from "../../table/groups.ts";
import { onRuntime, print } from "../call.ts";
import { explainSandbox } from "../explaining.ts";
import { form } from "../form.ts";
import { onGuarded } from "../guarded.ts";
import { endAfter, finish, openTrace } from "../running.ts";
import { sandboxOptions } from "./sandbox-options.ts";
import { forgetOverlay, settleOverlay } from "./settling.ts";
import { shownOf } from "./shown.ts";
import { makeWatch } from "./watching.ts";

export { accept, init } from "./accepting.ts";

function toPort(word: string): number {
  if (!/^\d{1,5}$/.test(word)) throw new UsageError(`--host-port: ${word} is not the number of a port`);
  return Number(word);
}

/** What flags and files of settings say. */
function settingsOf(runtime: Runtime, values: Values) {
  const said = sandboxOptions(values);
  return verbs.withSettings(runtime, {
    ...said,
    // What is asked about at the end has a name until then.
    ...(asksAtEnd(values) ? { overlay: "keep", name: said.name ?? verbs.newSandboxId(runtime) } : {}),
    pidOnlyProc: values.boolean("pid-only-proc"),
    unsafe: weakeningNames.filter((name) => values.boolean(`unsafe-${name}`)),
    network: {
      mode: networkModes.find((one) => one === values.text("net")),
      allow: values.texts("allow") ?? [],
      deny: values.texts("deny-host") ?? [],
      publish: values.texts("publish") ?? [],
      hostPorts: values.texts("host-port")?.map(toPort) ?? [],
    },
  });
}

const asksAtEnd = (values: Values): boolean => values.text("overlay") === "ask";

type Env = Readonly<Record<string, string | undefined>>;
type SandboxSettings = Omit<ReturnType<typeof settingsOf>, "timeoutMs"> & { readonly args: readonly string[] };

/** What `--show` asks for, instead of a launch. */
async function show(runtime: Runtime, what: string, options: SandboxSettings, values: Values): Promise<number> {
  const as = form(values.boolean("json"));
  if (what === "plan") return print(await verbs.showSandboxPlan(runtime, options, as, lookOf(runtime.system.caller)));
  if (what === "explain") return explainSandbox(runtime, options, values);
  const failOn = severities.find((one) => one === values.text("fail-on"));
  const { text, status } = await verbs.auditSandbox(runtime, options, { form: as, failOn });
  print(text);
  return status;
}

/** Runs a command in a sandbox, or shows what would run. */
async function runIn(runtime: Runtime, args: readonly string[], values: Values, env: Env = {}): Promise<number> {
  const { timeoutMs, ...settings } = settingsOf(runtime, values);
  const options = { ...settings, env: { ...env, ...settings.env } };
  const shown = shownOf(values);
  if (shown !== undefined) return show(runtime, shown, { args, ...options }, values);
  const tracing = openTrace(runtime, values);
  const watch = makeWatch(runtime, values, args);
  const asked = asksAtEnd(values) ? options.name : undefined;
  const start = (more: object) =>
    verbs.sandbox(runtime, { args, ...watch.widen(options), ...tracing.options, ...more, forwardSignals: true });
  const running = await watch.launch(start).catch(async (error: unknown) => {
    if (asked !== undefined && values.text("name") === undefined) await forgetOverlay(runtime, asked);
    throw error;
  });
  const end = endAfter(runtime, running, timeoutMs);
  const status = end.statusOf(await finish(runtime, running, tracing, "summary", watch.end, watch.timed));
  if (asked !== undefined) await settleOverlay(runtime, asked);
  return status;
}

export const sandbox = onGuarded((runtime, { rest, values }) => runIn(runtime, rest, values));

export const shell = onGuarded((runtime, { rest, values }) => {
  const [first] = rest;
  if (first !== undefined && !/^[-+]/.test(first))
    throw new UsageError(
      `${JSON.stringify(first)} is no option of a shell: for a command write coffer sandbox -- ${first}, or -c before a script`,
    );
  const { args, env } = verbs.shellCommand(runtime, rest, values.text("name"));
  return runIn(runtime, args, values, env).catch((error: unknown) => {
    if (!CofferError.is(error, "E_EXEC_NOT_FOUND", "E_EXEC_PERMISSION")) throw error;
    const hint = "set SHELL to a shell that the sandbox has, such as /bin/sh, or add --read with its directory";
    throw new CofferError(error.code, error.shortMessage, error.details, { hint, cause: error });
  });
});

const operations = ["read", "write", "connect"] as const;

export const why = onRuntime(async (runtime, { id, values }) => {
  const { timeoutMs, ...options } = settingsOf(runtime, values);
  const op = operations.find((one) => one === values.text("op"));
  const answer = await verbs.whySandbox(runtime, { args: ["true"], ...options }, { word: id, op });
  print(values.boolean("json") ? JSON.stringify(answer, null, "\t") : toOneLine(verbs.printAnswer(answer)));
  return answer.allowed ? 0 : 1;
});
