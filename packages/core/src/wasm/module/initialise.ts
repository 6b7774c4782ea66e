// Which functions of a module are run ahead, so that its program begins with what they have made of the memory. The names are
// those of Wizer, with which toolchains prepare modules.
import { CofferError, quote } from "../../errors.ts";
import { invalidModule } from "./bytes.ts";
import type { Command } from "./check.ts";
import type { Module } from "./module.ts";

/** A snapshot of a module. */
export interface Snapshot {
  /** The functions that are run ahead, in this order. */
  readonly initialisers: readonly string[];
  /** What the program calls then. */
  readonly start: string;
  /** The processor time that they have. */
  readonly seconds: number;
  /** They may call imports, which answer the same to everybody. */
  readonly wasi: boolean;
}

/** Initialisers that are looked for if none is named. */
const usual = ["wizer.initialize", "_initialize"];
/** Takes the place of `_start` in a module that was prepared for a snapshot: constructors do not run again. */
const resume = "wizer.resume";

const at = { section: "export" };

const mostSeconds = 10;

/** Whether a module has a function of its own of that name, which takes and gives nothing. */
function hasFunction({ exports, imports, functions }: Module, name: string): boolean {
  const found = exports.find((one) => one.name === name && one.kind === "function");
  if (found === undefined) return false;
  const imported = imports.filter(({ kind }) => kind === "function").length;
  if (functions[found.index - imported] === ":") return true;
  throw invalidModule(`has an initialiser ${quote(name)} with parameters or results, or of its host`, at);
}

/**
 * The snapshot that is asked for.
 *
 * @param init the name of the initialiser; true for the usual ones
 * @param wasi whether it may call imports
 * @throws {CofferError} E_MODULE_INVALID, E_USAGE
 */
export function snapshotOf({ module }: Pick<Command, "module">, init: string | true, wasi = false): Snapshot {
  if (init !== true && !/^[\w.-]{1,256}$/.test(init)) {
    const message = `cannot initialise the module by ${quote(init)}: a name has letters, digits, "_", "." and "-"`;
    throw new CofferError("E_USAGE", message, { argument: "init" });
  }
  const name = init === true ? usual.find((one) => hasFunction(module, one)) : init;
  if (name === undefined) {
    const names = usual.map(quote).join(" nor ");
    throw invalidModule(`exports neither ${names}: name its initialiser, as in --init=NAME`, at);
  }
  if (!hasFunction(module, name)) throw invalidModule(`does not export the function ${quote(name)}`, at);
  const first = name !== "_initialize" && hasFunction(module, "_initialize") ? ["_initialize"] : [];
  const start = hasFunction(module, resume) ? resume : "_start";
  return { initialisers: [...first, name], start, seconds: mostSeconds, wasi };
}
