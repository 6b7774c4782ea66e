// What a policy is made of. Loaded only if a policy is there. In the bundle of coffer-oci it is a file of its own with other
// classes of errors, so code that compares classes of errors is elsewhere.
import type { Policy } from "@coffer/spec";
import { checkPolicy, parsePolicy } from "@coffer/spec";
import { isRule } from "../../egress/rules.ts";
import { configInvalid } from "../../errors.ts";
import { findViolations } from "../../policy/index.ts";
import { isKnownSyscall } from "../../seccomp/compiler/arch.ts";
import { readDocument } from "../launch/errors/spec-error.ts";
import type { Guard } from "./guard.ts";

/** A name of a call that is misspelled would be a rule that is never broken. */
function checkCalls(policy: Policy, what: string): void {
  const issues = (policy.seccomp?.denied ?? []).flatMap((name, index) =>
    isKnownSyscall(name) ? [] : [{ pointer: `/seccomp/denied/${index}`, message: "is the name of no system call" }],
  );
  if (issues.length > 0) throw configInvalid(what, issues);
}

/** What is no rule would be a rule that allows nothing, and nobody would know why. */
function checkEgress(policy: Policy, what: string): void {
  const issues = (policy.egress?.allowed ?? []).flatMap((text, index) =>
    isRule(text) ? [] : [{ pointer: `/egress/allowed/${index}`, message: "is neither a host nor a network" }],
  );
  if (issues.length > 0) throw configInvalid(what, issues);
}

/**
 * Reads a policy: the text of one, or a document that a program made.
 *
 * @throws {CofferError} E_CONFIG_INVALID with every issue
 */
export function makeGuard(what: string, source: string | object): Guard {
  const policy = readDocument(what, () => (typeof source === "string" ? parsePolicy(source) : checkPolicy(source)));
  checkCalls(policy, what);
  checkEgress(policy, what);
  return { policy, find: (subject) => findViolations(policy, subject) };
}
