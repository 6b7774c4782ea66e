// The verbs that judge a bundle or a stored plan in words: `explain`, and `audit` with what it would change.
import type { Runtime } from "@coffer/core";
import * as verbs from "@coffer/core/verbs";
import { ask } from "../output/ask.ts";
import { toOneLine } from "../output/one-line.ts";
import { lookOf, printPaged } from "../output/screen.ts";
import type { Values } from "../parse/flags.ts";
import { UsageError } from "../parse/flags.ts";
import { severities } from "../table/groups.ts";
import { onRuntime, print } from "./call.ts";
import { form } from "./form.ts";
import { onGuarded } from "./guarded.ts";

function questionOf(values: Values): verbs.Question {
  return {
    field: values.text("field"),
    op: values.number("op"),
    syscall: values.text("syscall"),
    ops: values.boolean("ops"),
    html: values.text("html"),
    form: form(values.boolean("json")),
  };
}

/** `explain sandbox … -- COMMAND`. */
export async function explainSandbox(
  runtime: Runtime,
  options: Parameters<typeof verbs.explainSandbox>[1],
  values: Values,
): Promise<number> {
  const { system } = runtime;
  return printPaged(system, await verbs.explainSandbox(runtime, options, questionOf(values), lookOf(system.caller)));
}

export const explain = onRuntime(async (runtime, { id, values, globals }) => {
  const stored = values.text("plan");
  if (id !== "" && stored !== undefined) throw new UsageError("give a bundle or --plan, not both");
  const { system } = runtime;
  const options = {
    bundle: id === "" ? undefined : id,
    configFile: values.text("config"),
    plan: stored,
    lockMounts: values.boolean("lock-mounts"),
    cgroupManager: globals.cgroupManager,
  };
  return printPaged(system, await verbs.explain(runtime, options, questionOf(values), lookOf(system.caller)));
});

/** `audit --fix`: shows the changes, asks, writes. */
async function fix(runtime: Runtime, options: FixOptions, isSure: boolean): Promise<number> {
  const { lines, path, write } = await verbs.proposeFixes(runtime, options);
  print(lines.join("\n"));
  if (lines.length === 0) return print("no finding has a change that removes it");
  if (!isSure && !ask(`write ${lines.length} changes to ${toOneLine(path)}?`)) return print("nothing is written");
  return print(`written; ${write().length} findings are left`);
}

type FixOptions = Parameters<typeof verbs.proposeFixes>[1];

export const audit = onGuarded(async (runtime, { id, values, globals }) => {
  const stored = values.text("plan");
  const lockMounts = values.boolean("lock-mounts");
  if (id !== "" && stored !== undefined) throw new UsageError("give a bundle or --plan, not both");
  if (lockMounts && stored !== undefined) throw new UsageError("--lock-mounts: a stored plan has it or not");
  if (stored !== undefined && values.text("config") !== undefined)
    throw new UsageError("give --config or --plan, not both");
  const options = {
    bundle: id === "" ? undefined : id,
    configFile: values.text("config"),
    plan: stored,
    lockMounts,
    cgroupManager: globals.cgroupManager,
  };
  if (values.boolean("fix")) return fix(runtime, options, values.boolean("yes"));
  const { text, status } = await verbs.audit(runtime, {
    ...options,
    failOn: severities.find((one) => one === values.text("fail-on")),
    form: form(values.boolean("json")),
  });
  print(text);
  return status;
});
