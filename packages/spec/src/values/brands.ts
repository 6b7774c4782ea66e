import { quote } from "../errors.ts";
import type { ExtraRule } from "../rules.ts";
import * as z from "./zod.ts";

/** A lone surrogate that stands for no byte: U+DC80 to U+DCFF stand for those that are no part of UTF-8 (decision 0019). */
const loneSurrogate = /[\u{d800}-\u{dc7f}\u{dd00}-\u{dfff}]/u;

type Payload = { readonly value: string; readonly issues: unknown[] };

function refuse(payload: Payload, rule: ExtraRule, message: string): void {
  payload.issues.push({ code: "custom", input: payload.value, params: { rule }, message, continue: true });
}

/** Some texts joined with line ends are good if and only if each of them is: `reading/reader.ts` checks lists so. */
export function checkKernelText(payload: Payload): void {
  if (payload.value.includes("\0")) refuse(payload, "no-nul", `${quote(payload.value)} has a NUL character in it`);
  if (!payload.value.isWellFormed() && loneSurrogate.test(payload.value)) {
    refuse(payload, "no-lone-surrogate", `${quote(payload.value)} has an unpaired surrogate in it`);
  }
}

function checkAbsolute(payload: Payload): void {
  if (!payload.value.startsWith("/")) {
    refuse(payload, "absolute-path", `${quote(payload.value)} is not an absolute path`);
  }
}

/** Text that goes to the kernel: no NUL, and nothing in it that stands for no bytes. */
export const kernelString = z.string().check(checkKernelText);

/** A path as the config has it, absolute or not. */
export const anyPath = z.string().check(checkKernelText).brand<"AnyPath">();

/** A path that starts with `/`. */
export const absolutePath = z.string().check(checkKernelText).check(checkAbsolute).brand<"AbsolutePath">();

const version =
  /^1\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** The newest `ociVersion` that these schemas know. */
export const ociVersionMax = "1.3.0";

/** The oldest `ociVersion` that these schemas know. */
export const ociVersionMin = "1.0.0";

function checkVersion(payload: Payload): void {
  if (version.test(payload.value)) return;
  refuse(
    payload,
    "oci-version",
    `${quote(payload.value)} is not a version of the OCI runtime spec of major version 1, such as 1.3.0`,
  );
}

/** A version of the runtime spec that these schemas understand. */
export const ociVersion = z.string().check(checkVersion).brand<"OciVersion">();

/** A path as the config has it, checked to hold no NUL. */
export type AnyPath = z.infer<typeof anyPath>;
/** A path that starts with `/` and holds no NUL. */
export type AbsolutePath = z.infer<typeof absolutePath>;
/** A supported `ociVersion`. */
export type OciVersion = z.infer<typeof ociVersion>;
