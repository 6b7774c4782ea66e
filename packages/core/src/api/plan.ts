import { planCreate, printPlan } from "../plan/index.ts";
import { makeImage } from "../runtime/drive.ts";
import { factsFor, lockedIf } from "../runtime/prepare.ts";
import type { Plan } from "../wire/op.ts";
import { toBundle } from "./config.ts";
import type { RunOptions } from "./options.ts";
import { runtimeOf } from "./run.ts";

/** A plan, its image, and its text for people. */
export interface PlannedRun {
  readonly plan: Plan;
  /** The image, verified. It can be stored and launched again. */
  readonly bytes: Uint8Array;
  print(): string;
}

/**
 * Plans what `run` would do. Nothing is changed.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED
 */
export function plan(options: RunOptions): PlannedRun {
  const runtime = runtimeOf(options);
  const { config, path } = lockedIf(options.lockMounts, toBundle(runtime, options));
  const made = planCreate(config, factsFor(runtime, config, path), { id: options.id ?? "planned", bundle: path });
  const { bytes } = makeImage(made);
  return { plan: made, bytes, print: () => printPlan(made) };
}
