// Whether a module is a command of WASI preview 1, and fits its limits.
import { quote } from "../../errors.ts";
import type { WasiName } from "../wasi/table.ts";
import { isWasiName, wasiModule, wasiTable } from "../wasi/table.ts";
import { invalidModule } from "./bytes.ts";
import type { Snapshot } from "./initialise.ts";
import type { Module, ModuleImport } from "./module.ts";

/** Bytes of a page. */
export const pageSize = 65536;

/** As many pages as addresses of 32 bits have. */
export const mostPages = 65536;

/** A module that can be run. */
export interface Command {
  readonly module: Module;
  /** What it imports, each once. */
  readonly imports: readonly WasiName[];
  /** The pages that it begins with. */
  readonly pages: number;
  /** The program begins with what these functions have made. */
  readonly snapshot?: Snapshot;
}

const elsewhere: Readonly<Record<string, string>> = {
  wasi_unstable: "an older version of WASI: build it again with a present toolchain",
  env: "what its embedder has to provide",
  wasi: "threads (wasi-threads), which are not supported",
};

function checkImport({ module, name, kind, type, offset }: ModuleImport): WasiName {
  const at = { section: "import", offset };
  const full = `${quote(module)} ${quote(name)}`;
  if (module !== wasiModule) {
    const what = elsewhere[module];
    throw invalidModule(`imports ${full}, ${what ?? "which is not of WASI preview 1"}`, at);
  }
  if (kind !== "function" || !isWasiName(name))
    throw invalidModule(`imports ${full}, which WASI preview 1 does not have`, at);
  if (type !== wasiTable[name].type) throw invalidModule(`imports ${full} with another type than it has`, at);
  return name;
}

function checkMemory({ memories, exports }: Module, most: number): number {
  const [memory, ...others] = memories;
  const at = { section: "memory" };
  if (memory === undefined) throw invalidModule("has no memory");
  if (others.length > 0) throw invalidModule("has several memories, which is not supported", at);
  if (memory.isShared) throw invalidModule("has a shared memory: threads are not supported", at);
  if (!exports.some(({ name, kind }) => name === "memory" && kind === "memory"))
    throw invalidModule('does not export its memory as "memory"', { section: "export" });
  if (memory.pages > mostPages || (memory.most ?? 0) > mostPages)
    throw invalidModule("has a memory of more than 4 GiB", at);
  if (memory.pages > most)
    throw invalidModule(`begins with ${memory.pages * 64} KiB of memory, and may have ${most * 64} KiB`, at);
  return memory.pages;
}

function checkStart({ exports, imports, functions }: Module): void {
  const at = { section: "export" };
  const found = exports.find(({ name, kind }) => name === "_start" && kind === "function");
  const isReactor = exports.some(({ name }) => name === "_initialize");
  if (found === undefined)
    throw invalidModule(
      `does not export "_start"${isReactor ? ": it is a library (reactor), and no command" : ""}`,
      at,
    );
  const imported = imports.filter(({ kind }) => kind === "function").length;
  if (functions[found.index - imported] !== ":") throw invalidModule('has a "_start" with parameters or results', at);
}

/**
 * Checks that a module is a command.
 *
 * @param most pages that its memory may have
 * @throws {CofferError} E_MODULE_INVALID
 */
export function checkCommand(module: Module, most: number = mostPages): Command {
  const imports = module.imports.map(checkImport);
  checkStart(module);
  const pages = checkMemory(module, most);
  return { module, imports: [...new Set(imports)].sort(), pages };
}
