// Scripts of the core specification's tests, as wast2json of wabt writes them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A value: of a number its bits in decimal, or `nan:canonical` or `nan:arithmetic`; of a vector its lanes. */
export interface Value {
  readonly type: "i32" | "i64" | "f32" | "f64" | "v128" | "externref" | "funcref";
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
}

/** A call of an export, or a look at a global. */
export interface Action {
  readonly type: "invoke" | "get";
  readonly field: string;
  readonly module?: string;
  readonly args?: readonly Value[];
}

/** A line of a script. */
export interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly filename?: string;
  readonly module_type?: "binary" | "text";
  readonly text?: string;
  readonly action?: Action;
  readonly expected?: readonly Value[];
}

/** The commands of a script; undefined where wabt 1.0.36 does not read it: it is of a proposal. */
export function readScript(path: string, to: string): readonly Command[] | undefined {
  const file = join(to, `${basename(path, ".wast")}.json`);
  try {
    execFileSync("wast2json", [path, "-o", file], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const { commands }: { readonly commands: readonly Command[] } = JSON.parse(readFileSync(file, "utf8"));
  return commands;
}

/** A module and what is asserted of it, in order. */
export interface Part {
  readonly module: Command;
  readonly asserts: Command[];
}

/** The parts of a script. What several modules share is not there: a program of ours is one module. */
export function partsOf(commands: readonly Command[]): readonly Part[] {
  const parts: Part[] = [];
  const named = new Map<string, Part>();
  for (const command of commands) {
    const { type, name, action } = command;
    if (type === "module") {
      const part = { module: command, asserts: [] };
      parts.push(part);
      if (name !== undefined) named.set(name, part);
    }
    const part = action?.module === undefined ? parts.at(-1) : named.get(action.module);
    if (action !== undefined) part?.asserts.push(command);
  }
  return parts;
}
