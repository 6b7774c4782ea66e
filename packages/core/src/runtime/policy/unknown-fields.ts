import type { DocumentName } from "@coffer/spec";
import { unknownFields } from "@coffer/spec";
import type { ConfigIssue } from "../../errors.ts";

/** The properties of a document that the spec does not know, as warnings. Takes what `parseJson` gave, or a program made. */
export function warnUnknown(value: unknown, document: DocumentName): readonly ConfigIssue[] {
  return unknownFields(value, document).map((pointer) => ({ pointer, message: "is no field of the spec: ignored" }));
}
