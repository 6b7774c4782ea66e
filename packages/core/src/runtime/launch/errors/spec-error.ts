import { SpecError } from "@coffer/spec";
import { configInvalid } from "../../../errors.ts";

/**
 * Reads a document, and reports what is wrong in it like every other error.
 *
 * @throws {CofferError} E_CONFIG_INVALID with every issue
 */
export function readDocument<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SpecError ? configInvalid(what, error.issues, { cause: error }) : error;
  }
}
