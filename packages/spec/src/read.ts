import type { SpecErrorCode, SpecIssue } from "./errors.ts";
import { nameType, quote, SpecError, toPointer } from "./errors.ts";
import { escapeControl } from "./escape.ts";
import type * as z from "./zod.ts";

type Issue = z.core.$ZodIssue;

function describe(issue: Issue): string {
  const { input } = issue;
  if (input === undefined && issue.code !== "custom") return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${issue.expected === "record" ? "object" : issue.expected}, got ${nameType(input)}`;
    case "invalid_value":
      return `${typeof input === "string" ? quote(input) : nameType(input)} is not one of ${issue.values.join(", ")}`;
    case "invalid_format":
      return `${quote(String(input))} does not match ${issue.pattern ?? issue.format}`;
    case "too_small":
      return "must not be empty";
    case "custom":
      return issue.message;
    default:
      return escapeControl(issue.message);
  }
}

function toSpecIssue(issue: Issue): SpecIssue {
  const found = { pointer: toPointer(issue.path), message: describe(issue) };
  const rule: unknown = issue.code === "custom" ? issue.params?.rule : undefined;
  return typeof rule === "string" ? { ...found, rule } : found;
}

/** Runs a schema over a value that was read by `parseJson`, and throws all of its issues at once. */
export function read<T extends z.ZodType>(schema: T, value: unknown, code: SpecErrorCode, what: string): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true, jitless: true });
  if (result.success) return result.data;
  throw new SpecError(code, what, result.error.issues.map(toSpecIssue));
}
