// The error of this folder: a plan that cannot be encoded, bytes that cannot be decoded.

export type WireErrorCode = "bad-plan" | "bad-image" | "bad-report";

/** Says which op of a plan is at fault, if one is. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;
  /** The index of the op; absent where the fault is not one op's. */
  readonly op: number | undefined;

  constructor(code: WireErrorCode, message: string, op?: number) {
    super(op === undefined ? message : `op ${op}: ${message}`);
    this.code = code;
    this.op = op;
  }
}
