// Programs that stand in for the tools that modules are compiled with.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { emptyDir } from "./module.ts";

/** Programs of ours in the place of tools. */
export function putTools(t: ExecutionContext, scripts: Readonly<Record<string, string>>): string {
  const base = emptyDir(t);
  chmodSync(base, 0o755);
  const tools = join(base, "tools");
  mkdirSync(tools);
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return base;
}

/** A compiler that compiles nothing, and links. */
const linkerAlone = 'case $1 in ld.lld) shift; exec /usr/bin/ld "$@" ;; esac\nexit 1';

/** Where nothing but tcc compiles. */
export function tccAlone(t: ExecutionContext): Readonly<Record<string, string>> {
  const base = putTools(t, { zig: linkerAlone });
  return { XDG_CACHE_HOME: join(base, "cache"), ZIG: join(base, "tools/zig") };
}
