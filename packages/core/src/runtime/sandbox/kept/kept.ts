// Plans of sandboxes that were made before. A plan is a pure function of what it was asked for and of the host's facts: it is kept
// by the digest of these. The words and the variables of the program are not in a plan that is kept.
import { withParents } from "../../../paths.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { groupWrites, othersWrite, whyUntrusted } from "../../../system/trust.ts";
import { verifyPlan } from "../../../verify/index.ts";
import { WireError } from "../../../wire/error.ts";
import { fillStrings } from "../../../wire/fill.ts";
import { encodeText } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import { planPlaces } from "../own/places.ts";

/** So many plans are kept: a plan takes the place of another. */
const places = 64;
const mostPlan = 1 << 20;
const digestSize = 64;

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
  const names = env.map((word) => word.slice(0, word.indexOf("=")));
  const isNamed = env.length > 0 && names.every((name) => name !== "") && new Set(names).size === names.length;
  return (args[0] ?? "") !== "" && isNamed && [...args, ...env].every(isPlain);
}

/** Whether nobody but the caller and root can have put something in a directory, or another in its place. */
function isOwn(system: System, dir: string): boolean {
  const stats = withParents(dir).map((path) => optional(() => system.stat(path, { follow: false })));
  const own = stats[0];
  if (own?.uid !== system.caller.uid || (own.mode & (othersWrite | groupWrites)) !== 0) return false;
  return stats.every((stat) => stat?.kind === "directory" && whyUntrusted(system, stat) === undefined);
}

/** The first place whose surroundings are there: the session's, or the one that every host has. */
function pickPlace(system: System): string {
  const [first = "", ...others] = planPlaces(system);
  const [, , session = ""] = withParents(first);
  return optional(() => system.stat(session, { follow: false })) === undefined ? (others[0] ?? first) : first;
}

/** Plans that are kept for a caller. */
export interface KeptPlans {
  /** The plan with these words, verified; undefined where none is kept. */
  find(told: Told): Uint8Array | undefined;
  /** Keeps a plan, which has other words, if that is possible. Gives the plan with these words. */
  keep(image: Uint8Array, told: Told): Uint8Array;
}

/**
 * Opens the plans that are kept for one question.
 *
 * @param question everything that the plan depends on, besides the words: undefined fields count for nothing
 */
export function openKept({ system, debug }: Runtime, question: object): KeptPlans | undefined {
  const text = encodeText(JSON.stringify({ build: system.build, question }));
  if (text === undefined) return undefined;
  const key = system.digest(text);
  const dir = pickPlace(system);
  const path = `${dir}/${Number.parseInt(key.slice(0, 8), 16) % places}`;
  const fill = (image: Uint8Array, { args, env }: Told): Uint8Array => fillStrings(image, "exec", { args, env });
  return {
    find(told) {
      const bytes = isOwn(system, dir) ? optional(() => system.readBytes(path, mostPlan)) : undefined;
      if (bytes === undefined || bytes.length <= digestSize) return undefined;
      const image = bytes.subarray(digestSize);
      if (!startsWith(bytes, sealOf(system, key, image))) return undefined;
      const filled = readOrNone(() => fill(image, told));
      if (filled === undefined || !verifyPlan(filled).ok) return undefined;
      debug?.(`a plan that was kept: ${path}`);
      return filled;
    },
    keep(image, told) {
      const seal = encodeText(sealOf(system, key, image)) ?? new Uint8Array();
      const bytes = new Uint8Array(seal.length + image.length);
      bytes.set(seal);
      bytes.set(image, seal.length);
      optional(() => {
        system.makeDir(dir, { parents: true });
        if (isOwn(system, dir)) system.writeFile(path, bytes, { mode: 0o600 });
      });
      return fill(image, told);
    },
  };
}

/** A digest of the question and the plan: a file of another question is none of this one, and one that is damaged is none. */
function sealOf(system: System, key: string, image: Uint8Array): string {
  const question = encodeText(key) ?? new Uint8Array();
  const bytes = new Uint8Array(question.length + image.length);
  bytes.set(question);
  bytes.set(image, question.length);
  return system.digest(bytes);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  const wanted = encodeText(text);
  return wanted?.every((byte, index) => byte === bytes[index]) === true;
}

function readOrNone(fill: () => Uint8Array): Uint8Array | undefined {
  try {
    return fill();
  } catch (error) {
    if (error instanceof WireError || SystemError.is(error)) return undefined;
    throw error;
  }
}
