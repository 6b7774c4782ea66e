import type { Config, Process } from "@coffer/spec";
import type { ConfigIssue, UnsupportedField } from "../../errors.ts";
import { CofferError, configInvalid } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import type { Plan, PlanInput, PlanKind, PlanOp, SlotName, SlotType } from "../../wire/op.ts";
import type { Phase } from "../../wire/tables/op-table.ts";

/** A plan in the making: ops are added to the end of their phase, whatever the order of the phases they come in. */
export interface Draft {
  add(op: PlanOp): void;
  /** Adds a meeting of launcher and init to one of the sides, which counts its meetings. */
  meet(phase: "parent" | "inside" | "drop", why?: string): void;
  /** Whether an op defines a slot of that name. */
  has(slot: SlotName): boolean;
  /** Declares an input and returns its name. */
  input(name: SlotName, type: SlotType): SlotName;
  finish(kind: PlanKind): Plan;
}

/** Collects what is wrong with a config, so that one error has all of it. */
export interface Issues {
  /** The field does not make sense. */
  invalid(pointer: string, message: string): void;
  /** The field makes sense, but is not carried out. */
  unsupported(pointer: string, reason: string): void;
  /** The field is odd, and is carried out or ignored all the same: what both runc and crun do. */
  warn(pointer: string, message: string): void;
  /** @throws {CofferError} E_CONFIG_INVALID or E_UNSUPPORTED, when there was anything */
  check(what: string): void;
  /** What `check` would throw. */
  error(what: string): CofferError;
  /** The plan with every warning. */
  tell(plan: Plan): Plan;
}

/** What every part of the planner works with. */
export interface Context {
  readonly config: Config;
  readonly process: Process;
  /** JSON pointer of the process: `/process`, or empty for a bare process document. */
  readonly processPointer: string;
  readonly facts: HostFacts;
  readonly issues: Issues;
  readonly draft: Draft;
}

/** Starts an empty plan. */
export function createDraft(): Draft {
  const byPhase: Readonly<Record<Phase, PlanOp[]>> = {
    host: [],
    parent: [],
    inside: [],
    rooted: [],
    drop: [],
    gate: [],
    exec: [],
  };
  const inputs = new Map<SlotName, PlanInput>();
  const meetings = { launcher: 0, init: 0 };
  return {
    add(op) {
      byPhase[op.phase].push(op);
    },
    meet(phase, why) {
      const side = phase === "parent" ? "launcher" : "init";
      meetings[side] += 1;
      byPhase[phase].push({ op: "sync", phase, number: meetings[side], ...(why === undefined ? {} : { why }) });
    },
    has: (slot) => Object.values(byPhase).some((ops) => ops.some((op) => "out" in op && op.out === slot)),
    input(name, type) {
      inputs.set(name, { name, type });
      return name;
    },
    finish(kind) {
      return { kind, inputs: [...inputs.values()], ops: Object.values(byPhase).flat() };
    },
  };
}

/** Starts a collection of issues. `found`: what reading the document has found odd. */
export function createIssues(found: readonly ConfigIssue[] = []): Issues {
  const warnings: ConfigIssue[] = [...found];
  const invalid: ConfigIssue[] = [];
  const unsupported: UnsupportedField[] = [];
  return {
    invalid(pointer, message) {
      invalid.push({ pointer, message });
    },
    unsupported(pointer, reason) {
      unsupported.push({ pointer, reason });
    },
    warn(pointer, message) {
      warnings.push({ pointer, message });
    },
    check(what) {
      if (invalid.length > 0 || unsupported.length > 0) throw this.error(what);
    },
    error(what) {
      const [first] = unsupported;
      if (invalid.length > 0 || first === undefined) return configInvalid(what, invalid);
      const more = unsupported.length > 1 ? ` (and ${unsupported.length - 1} more)` : "";
      const message = `cannot carry out ${first.pointer}: ${first.reason}${more}`;
      return new CofferError("E_UNSUPPORTED", message, { ...first, fields: unsupported });
    },
    tell: (plan) => (warnings.length === 0 ? plan : { ...plan, warnings }),
  };
}
