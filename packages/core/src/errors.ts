import { escapeControl, escapeText } from "@coffer/spec";

/** One thing that is wrong, and where: a JSON pointer into the config, as the config has it. */
export interface ConfigIssue {
  readonly pointer: string;
  readonly message: string;
}

/** A field that is valid but not carried out. */
export interface UnsupportedField {
  readonly pointer: string;
  readonly reason: string;
}

/** What a plan would do that a policy does not allow. */
export interface PolicyViolation {
  /** The rule of the policy, as a JSON pointer into it. */
  readonly rule: string;
  /** JSON pointer of the config's field, where the plan knows it. */
  readonly pointer?: string;
  /** Index of the op. */
  readonly op?: number;
  readonly message: string;
}

/** What each code carries. The keys are the stable codes. */
export interface ErrorDetails {
  /** The config or process does not make sense: every issue found. */
  readonly E_CONFIG_INVALID: { readonly issues: readonly ConfigIssue[] };
  /** The config asks for what is not carried out: the first field, and all of them. */
  readonly E_UNSUPPORTED: UnsupportedField & { readonly fields: readonly UnsupportedField[] };
  /** The verifier refused a plan: its rule, and the index of the op. */
  readonly E_PLAN_REFUSED: { readonly rule: string; readonly op?: number };
  /** A policy does not allow what a plan would do. */
  readonly E_POLICY: { readonly violations: readonly PolicyViolation[] };
  /** A kernel call failed while a plan ran. */
  readonly E_LAUNCH_FAILED: {
    readonly op?: string;
    readonly index?: number;
    readonly phase?: string;
    readonly errno?: number;
    readonly errnoName?: string;
    /** JSON pointer of the config field that asked for the op. */
    readonly pointer?: string;
    /** The kernel calls that the op makes. */
    readonly call?: string;
    /** The exit status of a launcher that ended by itself and without a report: no helper does that. */
    readonly status?: number;
    readonly hint?: string;
  };
  readonly E_EXEC_NOT_FOUND: { readonly name: string; readonly candidates: readonly string[] };
  readonly E_EXEC_PERMISSION: { readonly name: string; readonly candidates: readonly string[] };
  readonly E_ID_INVALID: { readonly id: string };
  readonly E_CONTAINER_EXISTS: { readonly id: string };
  readonly E_CONTAINER_NOT_FOUND: { readonly id: string };
  /** The container is not in a state that the verb needs. */
  readonly E_CONTAINER_STATE: { readonly id: string; readonly status: string; readonly needed: readonly string[] };
  readonly E_STATE_CORRUPT: { readonly id: string; readonly file: string };
  /** The host lacks something without which nothing runs. */
  readonly E_HOST_UNSUPPORTED: { readonly needs: string; readonly found: string };
  /** An input of a plan is missing or of the wrong type. */
  readonly E_INPUT: { readonly name: string };
  readonly E_TIMEOUT: { readonly timeoutMs: number };
  readonly E_IO: { readonly path?: string; readonly errnoName?: string };
  /** A checkpoint is not what the config gives: it would be more. Everything that was found. */
  readonly E_CHECKPOINT_REFUSED: { readonly path: string; readonly found: readonly string[] };
  /** CRIU could not do it: the last errors of its log. */
  readonly E_CRIU_FAILED: { readonly log: string; readonly errors: readonly string[] };
  /** A WebAssembly module is not valid, or is no command of WASI preview 1: where. */
  readonly E_MODULE_INVALID: { readonly section?: string; readonly offset?: number };
  /** The tools cannot compile a module. */
  readonly E_COMPILE_FAILED: Readonly<Record<never, never>>;
  readonly E_USAGE: { readonly argument?: string };
}

/** A stable name of what went wrong. */
export type ErrorCode = keyof ErrorDetails;

/** What a message is made of besides its first line. */
export interface ErrorOptions {
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const maxQuoted = 128;

/** Quotes untrusted text for a message: controls escaped, cut to a readable length. */
export function quote(text: string): string {
  const cut = text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text;
  return `"${escapeText(cut)}"`;
}

/**
 * The one error that callers see: a stable `code`, `details` typed by it, a `shortMessage` of one line and a `message`
 * that also says what to do. Untrusted text in messages is escaped.
 *
 * @example
 * if (CofferError.is(error, "E_CONFIG_INVALID")) console.error(error.details.issues);
 */
export class CofferError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "CofferError";
  readonly code: Code;
  readonly details: ErrorDetails[Code];
  readonly shortMessage: string;

  constructor(code: Code, message: string, details: ErrorDetails[Code], options: ErrorOptions = {}) {
    const line = escapeControl(message);
    super(options.hint === undefined ? line : `${line}: ${escapeControl(options.hint)}`, { cause: options.cause });
    this.code = code;
    this.details = details;
    this.shortMessage = line;
  }

  /** Whether a caught value is a `CofferError`, and if codes are given, one of these. A `switch` on `code` tells `details`. */
  static is<C extends ErrorCode = ErrorCode>(error: unknown, ...codes: readonly C[]): error is AnyCofferError<C> {
    return error instanceof CofferError && (codes.length === 0 || codes.some((code) => error.code === code));
  }
}

/** A `CofferError` of each of the codes: a union that `code` tells apart. */
export type AnyCofferError<C extends ErrorCode = ErrorCode> = { readonly [One in C]: CofferError<One> }[C];

/** A bug in Coffer itself. */
export class InternalError extends Error {
  override readonly name = "InternalError";

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(`internal error: ${message}; please report it`, options);
  }
}

const manyIssues = 32;

/** Makes one error of all the issues found in a config or a process. */
export function configInvalid(
  what: string,
  issues: readonly ConfigIssue[],
  options: ErrorOptions = {},
): CofferError<"E_CONFIG_INVALID"> {
  const lines = issues
    .slice(0, manyIssues)
    .map(({ pointer, message }) => `${pointer === "" ? "/" : pointer}: ${message}`);
  const rest = issues.length > lines.length ? [`and ${issues.length - lines.length} more`] : [];
  return new CofferError("E_CONFIG_INVALID", `invalid ${what}: ${[...lines, ...rest].join("; ")}`, { issues }, options);
}
