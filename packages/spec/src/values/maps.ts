import { quote } from "../errors.ts";
import * as z from "./zod.ts";

type Payload = { readonly issues: unknown[] };

function refuseKey(payload: Payload, input: unknown, key: string): void {
  const message = key === "" ? "has an empty key" : `has the key ${quote(key)}`;
  payload.issues.push({ code: "custom", input, params: { rule: "map-key" }, path: [key], message, continue: true });
}

/** A map from free names to values of one schema; empty keys and `__proto__` are refused, not dropped. */
export function mapOf<T extends z.ZodType>(value: T) {
  const keys = z.transform((input: unknown, payload) => {
    if (typeof input === "object" && input !== null) {
      for (const key of ["", "__proto__"]) if (Object.hasOwn(input, key)) refuseKey(payload, input, key);
    }
    return input;
  });
  return keys.pipe(z.record(z.string(), value));
}
