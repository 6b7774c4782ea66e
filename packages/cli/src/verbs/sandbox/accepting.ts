// A project's file of settings: to write one, and to accept one.
import * as verbs from "@coffer/core/verbs";
import { ask } from "../../output/ask.ts";
import { UsageError } from "../../parse/flags.ts";
import { onRuntime, print } from "../call.ts";
import { form } from "../form.ts";

export const accept = onRuntime(async (runtime, { id, values }) => {
  const word = id === "" ? undefined : id;
  const isJson = values.boolean("json");
  if (values.boolean("list")) {
    if (word !== undefined) throw new UsageError(`unexpected argument: ${word}`);
    return print(verbs.printAccepted(runtime, form(isJson)));
  }
  if (isJson) throw new UsageError("--json is only for --list");
  if (values.boolean("revoke")) return print(verbs.revokeAccepted(runtime, word));
  const { lines, isNeeded, accept: note } = verbs.proposeAccept(runtime, word);
  print(lines.join("\n"));
  if (!isNeeded) return 0;
  const isSure = values.boolean("yes");
  if (!isSure && !runtime.system.caller.isInteractive)
    throw new UsageError("nothing is accepted: there is no terminal to ask at: give --yes");
  if (!isSure && !ask("accept that, until the file changes?")) {
    print("nothing is accepted");
    return 1;
  }
  note();
  return print("accepted; coffer accept --revoke takes it back");
});

export const init = onRuntime(async (runtime, { values }) => {
  const as = verbs.formNames.find((name) => name === values.text("as"));
  return print(verbs.initProject(runtime, { from: values.text("from"), as }));
});
