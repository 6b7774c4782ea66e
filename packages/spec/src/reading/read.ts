import type { SpecErrorCode, SpecIssue } from "../errors.ts";
import { nameType, quote, SpecError, toPointer } from "../errors.ts";
import { escapeControl } from "../escape.ts";
import type * as z from "../values/zod.ts";
import { readQuickly } from "./reader.ts";

type Issue = z.core.$ZodIssue;

/** Says what is wrong with a value. */
export function describeIssue(issue: Issue): string {
  const { input } = issue;
  if (input === undefined && issue.code !== "custom") return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${issue.expected === "record" ? "object" : issue.expected}, got ${nameType(input)}`;
    case "invalid_value":
      return `${typeof input === "string" ? quote(input) : nameType(input)} is not one of ${issue.values.join(", ")}`;
    case "invalid_format":
      // A schema that has its own words says what to give.
      return `${quote(String(input))} ${/^Invalid/.test(issue.message) ? `does not match ${issue.pattern ?? issue.format}` : issue.message}`;
    case "too_small":
      return typeof input === "number" ? `must be at least ${issue.minimum}` : "must not be empty";
    case "custom":
      return issue.message;
    default:
      return escapeControl(issue.message);
  }
}

/** A key that a strict schema does not know is an issue of its own. */
function toSpecIssues(issue: Issue): readonly SpecIssue[] {
  if (issue.code !== "unrecognized_keys") return [toSpecIssue(issue)];
  return issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), message: "is no known field" }));
}

function toSpecIssue(issue: Issue): SpecIssue {
  const found = { pointer: toPointer(issue.path), message: describeIssue(issue) };
  const rule: unknown = issue.code === "custom" ? issue.params?.rule : undefined;
  return typeof rule === "string" ? { ...found, rule } : found;
}

/** What is read, for errors. */
export type DocumentKind = { readonly code: SpecErrorCode; readonly what: string };

/**
 * Runs a schema over a value that was read by `parseJson`, and throws all of its issues at once. A document that the schema
 * does not take as it is may have properties that ask for nothing: `prepare` leaves them out.
 */
export function read<T extends z.ZodType>(
  schema: T,
  value: unknown,
  { code, what }: DocumentKind,
  prepare: (value: unknown) => unknown = (same) => same,
): z.output<T> {
  const quick = readQuickly(schema, value);
  if (quick !== undefined) return quick.output;
  const result = schema.safeParse(prepare(value), { reportInput: true, jitless: true });
  if (result.success) return result.data;
  throw new SpecError(code, what, result.error.issues.flatMap(toSpecIssues));
}
