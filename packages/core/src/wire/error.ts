// The errors of this folder: a plan that cannot be encoded, bytes that cannot be decoded.

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

/** What is wrong with the op at hand, from a function that does not know where in the plan the op is. */
export class OpFault extends Error {
  override readonly name = "OpFault";
}

/** An error as the encoder throws it: a fault of an op with the op's index. */
export function withIndex(error: unknown, index?: number): unknown {
  return error instanceof OpFault ? new WireError("bad-plan", error.message, index) : error;
}
