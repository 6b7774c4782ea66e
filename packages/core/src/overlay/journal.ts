// The journal of an apply: its steps, which are written once, and how far it got.
import type { Step } from "./steps.ts";

const states = ["copying", "applying", "applied", "undoing", "undone", "partly"] as const;

/** How far an apply got: `copying` has changed nothing, `applying` and `undoing` are not finished, `partly` can be undone further. */
export type JournalState = (typeof states)[number];

/** Whether an apply or an undo was interrupted. */
export const isUnfinished = (state: JournalState): boolean => state === "applying" || state === "undoing";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function readStep(value: unknown): Step | undefined {
  if (!isRecord(value)) return undefined;
  const { slot, path, out, incoming } = value;
  if (typeof slot !== "string" || typeof path !== "string") return undefined;
  return typeof out === "string" && typeof incoming === "string" ? { slot, path, out, incoming } : undefined;
}

/** A state as it is written: all have one length, so that one is written over another on a full disk. */
export const writeState = (state: JournalState): string => `${state.padEnd(15)}\n`;

/** Reads a state. One that is not whole counts as one that is not finished: every step tells whether it was taken. */
export const readState = (text: string | undefined): JournalState =>
  states.find((state) => text === writeState(state)) ?? "applying";

/** Reads steps; undefined if they are not whole. */
export function readSteps(text: string): readonly Step[] | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(given)) return undefined;
  const steps = given.flatMap((one: unknown) => readStep(one) ?? []);
  return steps.length === given.length ? steps : undefined;
}
