// The seccomp filter of a module, from what the module imports.
import type { SeccompProfile } from "../../seccomp/index.ts";
import type { WasiName } from "./table.ts";
import { directoryCalls, startCalls, wasiTable } from "./table.ts";

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

/** What init still calls when it becomes the program. */
const execCalls = ["rt_sigprocmask", "execve"];

/** The system calls of a module's program, in order of their names. */
export function callsOf(imports: readonly WasiName[], hasDirectories: boolean): readonly string[] {
  const texts = [
    startCalls,
    ...(hasDirectories ? [directoryCalls] : []),
    ...imports.map((name) => wasiTable[name].calls),
  ];
  return [...new Set(texts.flatMap(words))].sort();
}

/** With --trace init notes when its last op began. */
const traceCalls = ["clock_gettime"];

/** The filter: anything else ends the program. */
export function profileOf(imports: readonly WasiName[], hasDirectories: boolean, trace: boolean): SeccompProfile {
  const names = [...callsOf(imports, hasDirectories), ...execCalls, ...(trace ? traceCalls : [])];
  return {
    defaultAction: "SCMP_ACT_KILL_PROCESS",
    syscalls: [{ names, action: "SCMP_ACT_ALLOW" }],
  };
}
