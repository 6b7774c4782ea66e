// The flags of the C compiler.
import type { Command } from "../module/check.ts";
import type { Tier } from "./store.ts";

/** How a module is compiled. */
export interface BuildOptions {
  /** Compares each access with the size of the memory, instead of reserving 8 GiB of addresses. */
  readonly checked: boolean;
  readonly arch: string;
  readonly tier: Tier;
}

/**
 * Rounding is an instruction, not a function of a library. By name: -march=x86-64-v2 makes clang schedule for machines on which
 * sha256 took 1.7 times as long.
 */
const machineFlags: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["-msse4.1", "-mpopcnt"],
  aarch64: ["-march=armv8-a"],
};

const flags = [
  "-std=gnu17",
  "-fPIE",
  "-fvisibility=hidden",
  "-fomit-frame-pointer",
  "-fno-stack-protector",
  // A frame that skips the guard of the stack touches it first.
  "-fstack-clash-protection",
  "-fno-math-errno",
  "-fno-strict-aliasing",
  // One rounding an operation, as WebAssembly says.
  "-ffp-contract=off",
  // A recursion without end exhausts the stack, instead of being a loop.
  "-fno-optimize-sibling-calls",
  "-fno-asynchronous-unwind-tables",
];

/**
 * The best has as much stack as the kernel gives a main thread by default: a limit for stacks is the container's. Without
 * optimisation a frame is many times as large.
 */
const tierFlags: Readonly<Record<Tier, readonly string[]>> = {
  quick: ["-O0", "-DGUEST_STACK_MIB=64", "-DGUEST_GUARD_MIB=1024"],
  best: ["-O2", "-DGUEST_STACK_MIB=8", "-DGUEST_GUARD_MIB=1"],
};

/** The flags for the translation of a module. */
export function flagsFor({ imports }: Command, { checked, arch, tier }: BuildOptions): readonly string[] {
  return [
    ...flags,
    ...tierFlags[tier],
    ...(machineFlags[arch] ?? []),
    ...(checked ? ["-DWASM_CHECKED"] : []),
    `-DGUEST_IMPORTS=${imports.length === 0 ? "" : ",0"}`,
  ];
}
