import type { LinuxDeviceRule } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { Issues } from "../draft/draft.ts";

/** BPF_DEVCG_ACC_* bits of an access. */
export const access = { mknod: 1, read: 2, write: 4, all: 7 } as const;

/** A rule on devices; undefined stands for any. */
export interface DeviceRule {
  readonly allow: boolean;
  readonly type: "b" | "c" | undefined;
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: number;
  readonly from: string;
}

const letters: Readonly<Record<string, number>> = { r: access.read, w: access.write, m: access.mknod };

/** What every container may use, as in runc: the default devices, terminals, and making (not opening) any node. */
const defaults: readonly (readonly ["b" | "c", number | undefined, number | undefined, number])[] = [
  ["c", undefined, undefined, access.mknod],
  ["b", undefined, undefined, access.mknod],
  ["c", 1, 3, access.all],
  ["c", 1, 8, access.all],
  ["c", 1, 7, access.all],
  ["c", 5, 0, access.all],
  ["c", 1, 5, access.all],
  ["c", 1, 9, access.all],
  ["c", 136, undefined, access.all],
  ["c", 5, 2, access.all],
];

/**
 * Reads `/linux/resources/devices`: a container may use no device but those that a rule allows, and those that every container
 * may use. So it is without any rule too, as in both runc and crun.
 */
export function readDeviceRules(rules: readonly LinuxDeviceRule[], issues: Issues): readonly DeviceRule[] {
  const pointer = "/linux/resources/devices";
  const asked = rules.flatMap((rule, index) => readRule(rule, pointerTo(pointer, index), issues));
  const [first] = asked;
  const none = { allow: false, type: undefined, major: undefined, minor: undefined, access: access.all, from: pointer };
  return [
    ...(first !== undefined && isTotal(first) ? [] : [none]),
    ...asked,
    ...defaults.map(([type, major, minor, bits]) => ({ allow: true, type, major, minor, access: bits, from: pointer })),
  ];
}

function readRule(rule: LinuxDeviceRule, from: string, issues: Issues): readonly DeviceRule[] {
  const type = readType(rule.type, `${from}/type`, issues);
  const major = readNumber(rule.major, `${from}/major`, issues);
  const minor = readNumber(rule.minor, `${from}/minor`, issues);
  return [{ allow: rule.allow, type, major, minor, access: readAccess(rule.access, `${from}/access`, issues), from }];
}

function readType(type: string | undefined, pointer: string, issues: Issues): "b" | "c" | undefined {
  if (type === "b" || type === "c") return type;
  if (type === "u") return "c";
  if (type !== undefined && type !== "" && type !== "a")
    issues.invalid(pointer, `${quote(type)} is not one of a, b, c, u`);
  return undefined;
}

/** Negative is any, as in runc. */
function readNumber(number: number | undefined, pointer: string, issues: Issues): number | undefined {
  if (number === undefined || number < 0) return undefined;
  if (number > 0xfffff) issues.invalid(pointer, `${number} is no device number`);
  return number;
}

function readAccess(text: string | undefined, pointer: string, issues: Issues): number {
  if (text === undefined || text === "") return access.all;
  return [...text].reduce((sum, letter) => {
    const bit = letters[letter];
    if (bit === undefined) issues.invalid(pointer, `${quote(text)} is not made of r, w and m`);
    return sum | (bit ?? 0);
  }, 0);
}

/** Whether a rule is about every device and every access. */
export function isTotal(rule: DeviceRule): boolean {
  return rule.type === undefined && rule.major === undefined && rule.minor === undefined && rule.access === access.all;
}

/** `rwm` as the version 1 files have it. */
export function accessText(bits: number): string {
  return Object.entries(letters)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([letter]) => letter)
    .join("");
}
