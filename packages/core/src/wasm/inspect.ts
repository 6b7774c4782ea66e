// What a module is, and what its container will be allowed.
import { escapeText, stringifyJson } from "@coffer/spec";
import type { Runtime } from "../runtime/runtime.ts";
import { loadModule } from "./run.ts";
import { callsOf } from "./wasi/profile.ts";

const kibi = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

/** What a module has, as text or JSON. Names come from a stranger: nothing in them reaches a terminal as a control. */
export function inspectModule(runtime: Runtime, path: string, form: "text" | "json"): string {
  const { command } = loadModule(runtime, path);
  const { module, imports, pages } = command;
  const { size, exports, functions, codeSize, dataSize, custom, memories } = module;
  const most = memories[0]?.most;
  const calls = callsOf(imports, false);
  const withDirectories = callsOf(imports, true).filter((name) => !calls.includes(name));
  const found = {
    size,
    functions: functions.length,
    codeSize,
    dataSize,
    memory: { pages, ...(most === undefined ? {} : { most }) },
    imports,
    exports: exports.map(({ name, kind }) => ({ name, kind })),
    custom,
    systemCalls: calls,
    systemCallsWithDirectories: withDirectories,
  };
  if (form === "json") return stringifyJson(found, "\t");
  return [
    `size: ${kibi(size)}, code ${kibi(codeSize)} in ${functions.length} functions, data ${kibi(dataSize)}`,
    `memory: ${pages * 64} KiB at the start${most === undefined ? "" : `, ${most * 64} KiB at most`}`,
    `imports: ${imports.join(" ") || "nothing"}`,
    `exports: ${exports.map(({ name }) => escapeText(name)).join(" ")}`,
    `system calls: ${calls.join(" ")}`,
    `besides with --dir: ${withDirectories.join(" ") || "none"}`,
  ].join("\n");
}
