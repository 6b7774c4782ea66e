// Which of several rules of one call decides when more than one holds: the order of libseccomp, which was found by experiment.
import test from "ava";
import { simulate } from "../simulate.ts";
import { archOf, numberOf } from "./arch.ts";
import { compileSeccomp } from "./compile.ts";

const errno = 0x00050000;

/** `0 LT 5` is one condition, `0 LT 5, 1 EQ 2` two; the errno says which rule it is. */
function rule(text: string, index: number) {
  const args = text.split(", ").map((part) => {
    const [argument, op, value] = part.split(" ");
    return { index: Number(argument), op: `SCMP_CMP_${op}`, value: BigInt(value ?? 0) };
  });
  return { names: ["write"], action: "SCMP_ACT_ERRNO", errnoRet: 100 + index, args };
}

for (const [why, texts, args, expected] of [
  ["equality before bounds", ["0 GE 1", "0 LT 5", "0 EQ 1"], [1n], 2],
  ["an upper bound before a lower one", ["0 GE 1", "0 LT 5"], [1n], 1],
  ["the smaller upper bound first", ["0 LT 9", "0 LE 5", "0 LT 7"], [1n], 1],
  ["the larger lower bound first", ["0 GT 5", "0 GE 9", "0 GT 7"], [10n], 1],
  ["the larger number first, in all 64 bits", ["0 NE 7", "0 NE 4294967296", "0 NE 9"], [1n], 1],
  ["the later argument first", ["0 EQ 5", "1 GE 0", "3 NE 1"], [5n], 2],
  ["the shorter of two that begin alike", ["0 EQ 5, 1 EQ 2", "0 EQ 5"], [5n, 2n], 1],
  ["arguments in any order of writing", ["1 EQ 2, 0 EQ 5", "0 NE 4"], [5n, 2n], 0],
  ["the profile's order otherwise", ["0 NE 5", "0 EQ 5, 1 EQ 1", "0 EQ 5"], [5n, 1n], 2],
] as const)
  test(`asks ${why}`, (t) => {
    const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: texts.map(rule) };
    const { program } = compileSeccomp(profile, { arch: "x86_64" });
    const call = { nr: numberOf("x86_64", "write") ?? 0, arch: archOf("x86_64")?.audit ?? 0, args: [...args] };
    t.is(simulate(program, call), errno + 100 + expected);
  });
