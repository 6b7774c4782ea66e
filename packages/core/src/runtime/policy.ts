// Reading policies. Loaded only where there is one.
import type { Policy } from "@coffer/spec";
import { checkPolicy, parsePolicy } from "@coffer/spec";
import { configInvalid } from "../errors.ts";
import { isKnownSyscall } from "../plan/seccomp/arch.ts";
import { findViolations } from "../policy/index.ts";
import { readUserFile } from "./bundle.ts";
import type { Guard } from "./guard.ts";
import type { Runtime } from "./runtime.ts";
import { toAbsolute } from "./runtime.ts";
import { readDocument } from "./spec-error.ts";

/** A name of a call that is misspelled would be a rule that is never broken. */
function checkCalls(policy: Policy, what: string): void {
  const issues = (policy.seccomp?.denied ?? []).flatMap((name, index) =>
    isKnownSyscall(name) ? [] : [{ pointer: `/seccomp/denied/${index}`, message: "is the name of no system call" }],
  );
  if (issues.length > 0) throw configInvalid(what, issues);
}

function makeGuard(what: string, read: () => Policy): Guard {
  const policy = readDocument(what, read);
  checkCalls(policy, what);
  return { policy, find: (subject) => findViolations(policy, subject) };
}

/** A policy of a file, or one that a program made. */
export function readGuard({ system }: Runtime, source: string | object): Guard {
  if (typeof source !== "string") return makeGuard("policy", () => checkPolicy(source));
  const path = toAbsolute(system, source);
  const text = readUserFile(system, "the policy", path);
  return makeGuard(`policy ${path}`, () => parsePolicy(text));
}
