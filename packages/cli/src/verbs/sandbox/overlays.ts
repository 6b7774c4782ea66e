// What sandboxes have written to overlays that are kept.
import * as verbs from "@coffer/core/verbs";
import { UsageError } from "../../parse/flags.ts";
import { done, onRuntime, print } from "../call.ts";

export const overlay = onRuntime((runtime, { id: action, words: [name], values }) => {
  if (action === "delete") {
    if (name === undefined) throw new UsageError("overlay delete: give the name of an overlay");
    return done(verbs.removeOverlay(runtime, name, { force: values.boolean("force") }));
  }
  if (name !== undefined) throw new UsageError(`unexpected argument: ${name}`);
  const form = values.boolean("json") ? "json" : "text";
  return done(Promise.resolve(print(verbs.printOverlays(verbs.listOverlays(runtime), form))));
});

export const diff = onRuntime(async (runtime, { id, values }) =>
  print(verbs.printChanges(await verbs.diffOverlay(runtime, id), values.boolean("json") ? "json" : "text")),
);

export const apply = onRuntime(async (runtime, { id, rest, values }) => {
  const held = values.texts("held") ?? [];
  const done = await verbs.applyOverlay(runtime, id, { paths: rest, held });
  return print(verbs.printApplied(id, done, values.boolean("json") ? "json" : "text"));
});

export const undo = onRuntime(async (runtime, { id, values }) => {
  const done = await verbs.undoOverlay(runtime, id);
  print(verbs.printUndone(done, values.boolean("json") ? "json" : "text"));
  return done.kept.length === 0 ? 0 : 1;
});
