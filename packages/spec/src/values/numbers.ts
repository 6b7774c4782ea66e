import { nameType } from "../errors.ts";
import * as z from "./zod.ts";

type Payload = { readonly issues: unknown[] };

function refuse(payload: Payload, input: unknown, message: string, rule?: "exact-integer" | "safe-integer"): never {
  const params = rule === undefined ? {} : { rule };
  payload.issues.push({ code: "custom", input, params, message });
  return z.NEVER;
}

function isNumeric(input: unknown): input is number | bigint {
  return typeof input === "bigint" || (typeof input === "number" && Number.isInteger(input));
}

function wrongType(input: unknown): string {
  if (input === undefined) return "is required";
  return `must be an integer, got ${typeof input === "number" ? input : nameType(input)}`;
}

function small(min: number, max: number) {
  return z.transform((input: unknown, payload): number => {
    if (!isNumeric(input)) return refuse(payload, input, wrongType(input));
    if (input < min || input > max) return refuse(payload, input, `must be from ${min} to ${max}, got ${input}`);
    return Number(input);
  });
}

function safe(min: number) {
  return z.transform((input: unknown, payload): number => {
    if (!isNumeric(input)) return refuse(payload, input, wrongType(input));
    if (Number(input) < min) return refuse(payload, input, `must be at least ${min}, got ${input}`);
    if (Number.isSafeInteger(Number(input))) return Number(input);
    return refuse(payload, input, `must be at most 2^53 - 1 in size, got ${input}`, "safe-integer");
  });
}

function wide(min: bigint, max: bigint) {
  // JSON Schema validators compare doubles: what they cannot tell from the limit is our own rule.
  const inDouble = (input: number | bigint) => Number(input) >= Number(min) && Number(input) <= Number(max);
  return z.transform((input: unknown, payload): bigint => {
    if (!isNumeric(input)) return refuse(payload, input, wrongType(input));
    const rule = inDouble(input) ? "exact-integer" : undefined;
    if (input < min || input > max) return refuse(payload, input, `must be from ${min} to ${max}, got ${input}`, rule);
    if (typeof input === "bigint") return input;
    if (Number.isSafeInteger(input)) return BigInt(input);
    return refuse(payload, input, `${input} is not exact: write it as an integer in full`, rule);
  });
}

/** 8 bits, unsigned, as number. */
export const uint8 = () => small(0, 255);
/** 16 bits, unsigned, as number. */
export const uint16 = () => small(0, 65_535);
/** The nine permission bits of a file mode, as number. */
export const permissions = () => small(0, 0o777);
/** 32 bits, signed, as number. */
export const int32 = () => small(-2_147_483_648, 2_147_483_647);
/** 32 bits, unsigned, as number. */
export const uint32 = () => small(0, 4_294_967_295);
/** 64 bits, signed, as bigint. */
export const int64 = () => wide(-(2n ** 63n), 2n ** 63n - 1n);
/** 64 bits, unsigned, as bigint. */
export const uint64 = () => wide(0n, 2n ** 64n - 1n);
/** An integer that the spec leaves wide but that is small by nature, as number; at least `min`. */
export const safeInteger = (min: number = Number.NEGATIVE_INFINITY) => safe(min);
/** A signed integer that the spec calls int64 but that is small by nature, as number. */
export const safeInt64 = () => safe(-(2 ** 63));
