// The verbs for people that show plans and the host.
import * as verbs from "@coffer/core/verbs";
import { lookOf } from "../output/screen.ts";
import { UsageError } from "../parse/flags.ts";
import { describeFront } from "../version.ts";
import { onRuntime, print } from "./call.ts";
import { form } from "./form.ts";

export const plan = onRuntime(async (runtime, { id, words, values, globals }) => {
  const [other] = words;
  const file = values.text("verify");
  const raw = values.text("raw");
  if (file !== undefined && id !== "") throw new UsageError(`unexpected argument: ${id}`);
  if (other !== undefined && !values.boolean("diff")) throw new UsageError(`unexpected argument: ${other}`);
  if (file !== undefined) return print(verbs.checkPlanFile(runtime, file));
  const bundle = id === "" ? "." : id;
  const { cgroupManager } = globals;
  if (values.boolean("facts")) return print(await verbs.showFacts(runtime, bundle, { cgroupManager }));
  if (raw !== undefined) return print(await verbs.storePlan(runtime, bundle, raw, { cgroupManager }));
  if (!values.boolean("diff"))
    return print(
      await verbs.showPlan(runtime, bundle, form(values.boolean("json")), {
        cgroupManager,
        look: lookOf(runtime.system.caller),
      }),
    );
  if (other === undefined) throw new UsageError("--diff: give two bundles or stored plans");
  return print(await verbs.comparePlans(runtime, bundle, other, { cgroupManager }));
});

export { audit, explain } from "./explaining.ts";

export const doctor = onRuntime(async (runtime, { values }) => {
  const { caller } = runtime.system;
  const width = caller.isOutputTerminal ? lookOf(caller).width : undefined;
  const { text, status } = verbs.doctor(runtime, form(values.boolean("json")), describeFront(), width);
  print(text);
  return status;
});
