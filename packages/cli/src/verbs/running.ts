// What a verb does with the program that it runs.
import type { Runtime } from "@coffer/core";
import type { Running } from "@coffer/core/verbs";
import { printSummary, printTrace, writeTracePage } from "@coffer/core/verbs";
import type { Values } from "../parse/flags.ts";

/** Whether the time of each op is wanted. */
export function traceOptions(values: Values): { readonly trace: boolean } {
  return { trace: values.text("trace") !== undefined };
}

/** Waits for the program, prints what `--trace` asked for, and gives the program's status. */
export async function finish(
  runtime: Runtime,
  running: Running,
  values: Values,
  form: "all" | "summary",
): Promise<number> {
  const exit = await running.wait();
  const page = values.text("trace");
  if (page === "")
    process.stderr.write(form === "summary" ? printSummary(running, exit) : printTrace(running.plan, exit));
  else if (page !== undefined) writeTracePage(runtime, page, running, exit);
  return exit.status;
}
