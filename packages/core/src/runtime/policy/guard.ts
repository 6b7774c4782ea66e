// Holding plans against a policy. What a policy is made of is loaded only where there is one.
import type { Policy } from "@coffer/spec";
import type { PolicyViolation } from "../../errors.ts";
import { CofferError } from "../../errors.ts";
import type { Subject } from "../../exposure/index.ts";
import { probeLsm } from "../../host/probe.ts";
import type { PlanCreateOptions } from "../../plan/index.ts";
import type { LaunchInput, System } from "../../system/port.ts";

/** A policy, and what finds the violations of it. */
export interface Guard {
  readonly policy: Policy;
  find(subject: Subject): readonly PolicyViolation[];
}

/** Whoever may have a policy. */
export interface Guarded {
  /** What the plans that are launched may do; anything without one. */
  readonly guard?: Guard;
}

/** Whether symbolic links in the sources of binds are followed: a rule about paths would then mean nothing. */
export function followsLinks({ guard }: Guarded): boolean {
  return guard?.policy.mounts === undefined || guard.policy.mounts.links === true;
}

/** The root directory as a plan opens it itself where a policy says where roots come from: without following any link. */
export function rootOf({ guard }: Guarded, path: string): Pick<PlanCreateOptions, "rootfs"> {
  return guard?.policy.root?.sources === undefined ? {} : { rootfs: { path, links: false } };
}

function pathOf(input: LaunchInput): string | undefined {
  if ("path" in input) return input.path;
  return "known" in input ? input.known : undefined;
}

/** Where inputs are, and of which it is sure. */
export function placesOf(inputs: readonly LaunchInput[]): Pick<Subject, "inputs" | "linkless"> {
  return {
    inputs: Object.fromEntries(
      inputs.flatMap((input) => {
        const path = pathOf(input);
        return path === undefined ? [] : [[input.name, path] as const];
      }),
    ),
    linkless: inputs.filter((input) => "fd" in input && input.known !== undefined).map(({ name }) => name),
  };
}

/** One violation as a line: the rule, the field or op, what is wrong. */
export function printViolation({ rule, pointer, op, message }: PolicyViolation): string {
  const where = pointer ?? (op === undefined ? "the plan" : `op ${op}`);
  return `rule ${rule}: ${where}: ${message}`;
}

const manyViolations = 16;

/**
 * Refuses a plan that the policy does not allow.
 *
 * @throws {CofferError} E_POLICY with every violation
 */
export function requireAllowed({ guard, system }: Guarded & { readonly system: System }, subject: Subject): void {
  const violations = guard?.find({ hostLsm: probeLsm(system), ...subject }) ?? [];
  if (violations.length === 0) return;
  const lines = violations.slice(0, manyViolations).map(printViolation);
  const more = violations.length > lines.length ? [`and ${violations.length - lines.length} more`] : [];
  throw new CofferError("E_POLICY", `refused by the policy: ${[...lines, ...more].join("; ")}`, { violations });
}
