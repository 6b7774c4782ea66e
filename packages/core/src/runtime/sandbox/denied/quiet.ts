// A library that keeps calls from the supervisor that cannot have been denied (docs/decisions/0066-denials-by-notification.md):
// helper-c/quiet, which the programs of an explained sandbox are started with.
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { toArch } from "../../../host/probe.ts";
import { findHelperPath } from "../../../host/probe-userns.ts";
import type { System } from "../../../system/port.ts";
import { mapsIdsOf } from "../host-words.ts";
import { findPath } from "../real-path.ts";
import { systemRules } from "../seen.ts";
import { ownRules } from "../why.ts";

/** What programs get of it. */
export interface Quiet {
  /** Shows the library, at the host's path: whatever a sandbox has of its own, that is no name of it. */
  readonly rules: readonly PathRule[];
  readonly env: Readonly<Record<string, string>>;
}

export const noQuiet: Quiet = { rules: [], env: {} };

/** As helper-c/quiet/places.c has them. */
const mostPlaces = 256;
const mostLetters = 16_000;

/** They are of the kernel: nothing there is ever explained. Of /dev it is: a sandbox has few devices. */
const ofKernel = ["/proc", "/sys"];

/**
 * `+`: what is missing there is missing on the host as well, and what is made there hides nothing of the host. `!`: the kernel has
 * something empty there. `-`: anything else.
 */
function signOf({ access, path, source }: PathRule): string {
  if (access === "deny") return "!";
  return path !== "/" && source === path && access !== "tmp" ? "+" : "-";
}

const hasColon = (path: string): boolean => path.includes(":");

/**
 * The paths with their signs: the nearest counts. Undefined where these are too many, or a path
 * has a colon.
 */
function shownPlaces(rules: readonly PathRule[]): string | undefined {
  const all = [...ownRules, ...systemRules, ...rules];
  // The last rule for a path counts.
  const signs = new Map(all.map((rule) => [rule.path, signOf(rule)]));
  for (const path of ofKernel) signs.set(path, "+");
  const text = [...signs].map(([path, sign]) => `${sign}${path}`).join(":");
  const isGood = signs.size <= mostPlaces && text.length <= mostLetters && ![...signs.keys()].some(hasColon);
  return isGood ? text : undefined;
}

/** ld.so(8) takes a blank, a colon and a dollar sign of the variable for its own. */
const isPlain = (path: string): boolean => !/[\s:$]/.test(path);

/**
 * What the programs of an explained sandbox are started with. Without the library the same is reported, and costs more.
 * A caller who gives one of these variables goes without.
 */
export function findQuiet(
  system: System,
  rules: readonly PathRule[],
  env: Readonly<Record<string, string | undefined>> = {},
): Quiet {
  const helper = findHelperPath(system);
  const shown = shownPlaces(rules);
  const isTaken = env.LD_PRELOAD !== undefined || env.ASAN_OPTIONS !== undefined;
  if (helper === undefined || shown === undefined || isTaken) return noQuiet;
  const found = findPath(system, helper.replace(/[^/]*$/, `coffer-quiet-${toArch(system.uname())}.so`));
  if (found?.kind !== "file" || !isPlain(found.path)) return noQuiet;
  const { path } = found;
  return {
    rules: [{ path, access: "read", source: path, mapped: mapsIdsOf(system)(path), from: "--explain" }],
    // A program with AddressSanitizer wants to be loaded first, and does without.
    env: { LD_PRELOAD: path, COFFER_SHOWN: shown, ASAN_OPTIONS: "verify_asan_link_order=0" },
  };
}
