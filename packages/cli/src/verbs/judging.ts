// The verbs for people that show what would happen, and the sandbox.
import * as verbs from "@coffer/core/verbs";
import { UsageError } from "../parse/flags.ts";
import { severities, weakeningNames } from "../table/groups.ts";
import { onRuntime, print } from "./call.ts";
import { onGuarded } from "./guarded.ts";
import { finish, traceOptions } from "./running.ts";

const form = (isJson: boolean): "json" | "text" => (isJson ? "json" : "text");

export const sandbox = onGuarded(async (runtime, { rest, values }) => {
  const running = await verbs.sandbox(runtime, {
    args: rest,
    writable: values.boolean("rw"),
    pidOnlyProc: values.boolean("pid-only-proc"),
    unsafe: weakeningNames.filter((name) => values.boolean(`unsafe-${name}`)),
    ...traceOptions(values),
    forwardSignals: true,
  });
  return finish(runtime, running, values, "summary");
});

export const plan = onRuntime(async (runtime, { id, words, values }) => {
  const [other] = words;
  const file = values.text("verify");
  const raw = values.text("raw");
  if (file !== undefined && id !== "") throw new UsageError(`unexpected argument: ${id}`);
  if (other !== undefined && !values.boolean("diff")) throw new UsageError(`unexpected argument: ${other}`);
  if (file !== undefined) return print(verbs.checkPlanFile(runtime, file));
  const bundle = id === "" ? "." : id;
  if (raw !== undefined) return print(verbs.storePlan(runtime, bundle, raw));
  if (!values.boolean("diff")) return print(verbs.showPlan(runtime, bundle, form(values.boolean("json"))));
  if (other === undefined) throw new UsageError("--diff: give two bundles or stored plans");
  return print(verbs.comparePlans(runtime, bundle, other));
});

export const audit = onGuarded(async (runtime, { id, values }) => {
  const stored = values.text("plan");
  const lockMounts = values.boolean("lock-mounts");
  if (id !== "" && stored !== undefined) throw new UsageError("give a bundle or --plan, not both");
  if (lockMounts && stored !== undefined) throw new UsageError("--lock-mounts: a stored plan has it or not");
  const { text, status } = await verbs.audit(runtime, {
    bundle: id === "" ? undefined : id,
    plan: stored,
    lockMounts,
    failOn: severities.find((one) => one === values.text("fail-on")),
    form: form(values.boolean("json")),
  });
  print(text);
  return status;
});

export const doctor = onRuntime(async (runtime, { values }) => {
  const { text, status } = verbs.doctor(runtime, form(values.boolean("json")));
  print(text);
  return status;
});
