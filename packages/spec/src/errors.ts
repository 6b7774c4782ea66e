import { escapeControl, escapeText } from "./escape.ts";

/** Stable names of what can go wrong in this package. */
export type SpecErrorCode =
  | "E_JSON_SYNTAX"
  | "E_JSON_DUPLICATE_KEY"
  | "E_JSON_TOO_DEEP"
  | "E_JSON_TOO_LARGE"
  | "E_JSON_UNWRITABLE"
  | "E_CONFIG_INVALID"
  | "E_PROCESS_INVALID"
  | "E_RESOURCES_INVALID"
  | "E_STATE_INVALID"
  | "E_FEATURES_INVALID"
  | "E_POLICY_INVALID"
  | "E_PROFILE_INVALID";

/** One thing that is wrong in a document, and where. */
export type SpecIssue = {
  /** RFC 6901 JSON pointer, such as `/linux/namespaces/0/type`. Raw: escape it with `escapeControl` before printing. */
  readonly pointer: string;
  /** What is wrong, with untrusted text escaped. */
  readonly message: string;
  /** The rule of `extraRules` that refused it, when the official JSON Schema would not have. */
  readonly rule?: string;
};

/** Quotes untrusted text for a message: escaped and cut to a readable length. */
export function quote(text: string): string {
  const cut = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return `"${escapeText(cut)}"`;
}

/** The JSON type of a value, for messages. */
export function nameType(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "array";
  return typeof input === "bigint" ? "number" : typeof input;
}

/** Makes an RFC 6901 JSON pointer of a path. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

const manyIssues = 32;

function describe(issue: SpecIssue): string {
  const where = issue.pointer === "" ? "" : `${escapeControl(issue.pointer)}: `;
  return `${where}${issue.message}`;
}

/** A document that could not be read, with every issue found in it. */
export class SpecError extends Error {
  override readonly name = "SpecError";
  readonly code: SpecErrorCode;
  readonly issues: readonly SpecIssue[];
  /** One line: what was read and its first issue. */
  readonly shortMessage: string;

  constructor(code: SpecErrorCode, what: string, issues: readonly SpecIssue[], options?: { readonly cause?: unknown }) {
    const lines = issues.slice(0, manyIssues).map(describe);
    const left = issues.length - lines.length;
    const rest = left > 0 ? [`and ${left} more`] : [];
    super(`${what}: ${[...lines, ...rest].join("; ")}`, options);
    this.code = code;
    this.issues = issues;
    this.shortMessage = `${what}: ${lines[0] ?? "invalid"}${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ""}`;
  }
}
