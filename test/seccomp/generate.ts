import { syscallRows } from "../../packages/core/src/seccomp/compiler/syscalls.gen.ts";
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "../../packages/core/src/seccomp/profile.ts";
import type { Random } from "./random.ts";

const actions = ["KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG"] as const;
const operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"] as const;
const archSets = [
  [],
  ["X86_64"],
  ["X86_64", "X86"],
  ["X86_64", "X86", "X32"],
  ["X32"],
  ["X86"],
  ["AARCH64", "ARM"],
  ["X86_64", "X86", "X32", "AARCH64", "ARM", "RISCV64"],
] as const;

function generateAction(random: Random): Pick<SeccompSyscall, "action" | "errnoRet"> {
  const action = `SCMP_ACT_${random.pick(actions)}`;
  const carries = action.endsWith("ERRNO") || action.endsWith("TRACE");
  return carries && random.once(2) ? { action, errnoRet: random.pick([0, 1, 38, 42, 4094]) } : { action };
}

function generateArg(random: Random, index: number): SeccompArg {
  const op = `SCMP_CMP_${random.pick(operators)}`;
  return { index, op, value: random.word(), ...(op.endsWith("MASKED_EQ") ? { valueTwo: random.word() } : {}) };
}

function generateArgs(random: Random): readonly SeccompArg[] {
  const args = [0, 1, 2, 3, 4, 5].filter(() => random.once(4)).map((index) => generateArg(random, index));
  // Now and then an argument twice: each comparison is then a rule of its own.
  return args.length > 0 && args.length < 6 && random.once(8)
    ? [...args, generateArg(random, args[0]?.index ?? 0)]
    : args;
}

function generateEntry(random: Random, names: readonly string[]): SeccompSyscall {
  const chosen = Array.from({ length: 1 + random.below(8) }, () => random.pick(names));
  const args = random.once(2) ? generateArgs(random) : [];
  return {
    names: [...new Set(chosen)],
    ...generateAction(random),
    ...(args.length > 0 || random.once(2) ? { args } : {}),
  };
}

/** A profile with every operator and action, in which rules of one call may overlap and disagree. */
export function generateProfile(random: Random): SeccompProfile {
  // Few names make rules meet on the same call.
  const all = syscallRows.map(([name]) => name);
  const names = random.once(2) ? all : Array.from({ length: 5 }, () => random.pick(all));
  const { action, errnoRet } = generateAction(random);
  const archs = random.pick(archSets);
  return {
    defaultAction: action,
    ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
    ...(archs.length === 0 ? {} : { architectures: archs.map((name) => `SCMP_ARCH_${name}`) }),
    syscalls: Array.from({ length: random.below(40) }, () => generateEntry(random, names)),
  };
}
