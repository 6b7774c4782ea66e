// Plans that were made before. A plan is a pure function of what it was asked for and of the host's facts: it is kept
// by the digest of these. The words and the variables of the program are not in a plan that is kept.

import { SystemError } from "../../../system/error.ts";
import { verifyPlan } from "../../../verify/index.ts";
import { WireError } from "../../../wire/error.ts";
import { fillStrings } from "../../../wire/fill.ts";
import type { Runtime } from "../../runtime.ts";
import type { KeptFiles, Kind } from "../known/store.ts";
import { openKeptFiles } from "../known/store.ts";

/** What the program gets. */
export interface Told {
  readonly args: readonly string[];
  /** `NAME=VALUE`. */
  readonly env: readonly string[];
}

/** A longer one is an error of the planner. */
const longest = 131_071;
const isPlain = (text: string): boolean => text.length <= longest && !text.includes("\0");

/** Whether the planner takes the words and variables as they are, so that they can be put into a plan that is kept. */
export function canFill({ args, env }: Told): boolean {
  const names = new Set<string>();
  for (const word of env) {
    const end = word.indexOf("=");
    if (end <= 0 || !isPlain(word)) return false;
    names.add(word.slice(0, end));
  }
  const isNamed = env.length > 0 && names.size === env.length;
  return isNamed && (args[0] ?? "") !== "" && args.every(isPlain);
}

/** Plans that are kept for a caller. */
export interface KeptPlans {
  /** Of the question. */
  readonly key: string;
  /** The plan with these words, verified; undefined where none is kept. */
  find(told: Told): Uint8Array | undefined;
  /** The same, which `isWhole` has yet to verify. */
  read(told: Told): Uint8Array | undefined;
  isWhole(image: Uint8Array): boolean;
  /** Keeps a plan, which has other words, if that is possible. */
  write(image: Uint8Array): void;
  /** Puts these words into a plan. */
  fill(image: Uint8Array, told: Told): Uint8Array;
}

/**
 * Opens the plans that are kept for one question.
 *
 * @param question everything that the plan depends on, besides the words: undefined fields count for nothing
 */
export function openKept(runtime: Runtime, question: object, kind: Kind = ""): KeptPlans | undefined {
  const files = openKeptFiles(runtime.system);
  const key = files.keyOf(question);
  return key === undefined ? undefined : openByKey(runtime, files, key, kind);
}

/** The same by the key of the question. */
export function openByKey({ debug }: Runtime, files: KeptFiles, key: string, kind: Kind = ""): KeptPlans {
  const file = files.file(kind, key);
  const fill = (image: Uint8Array, { args, env }: Told): Uint8Array => fillStrings(image, "exec", { args, env });
  const read = (told: Told): Uint8Array | undefined => {
    const image = file.read();
    return image && readOrNone(() => fill(image, told));
  };
  const isWhole = (image: Uint8Array): boolean => {
    if (!verifyPlan(image).ok) return false;
    debug?.(`a plan that was kept: ${file.path}`);
    return true;
  };
  return {
    key,
    read,
    isWhole,
    find(told) {
      const image = read(told);
      return image !== undefined && isWhole(image) ? image : undefined;
    },
    write: (image) => file.write(image),
    fill,
  };
}

function readOrNone(fill: () => Uint8Array): Uint8Array | undefined {
  try {
    return fill();
  } catch (error) {
    if (error instanceof WireError || SystemError.is(error)) return undefined;
    throw error;
  }
}
