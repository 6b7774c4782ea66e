// What becomes of an overlay when its sandbox has ended: with `--overlay=ask` the caller says.
import type { Runtime } from "@coffer/core";
import * as verbs from "@coffer/core/verbs";
import { askWord } from "../../output/ask.ts";

/** How many changes are shown before the question. */
const mostShown = 20;
/** Ends what a program may have left on a terminal: another screen, colours, hidden letters. */
const reset = "\u001b[?1049l\u001b[!p\u001b[0m";

const say = (line: string): void => void process.stderr.write(`coffer: ${line}\n`);

function sayKept(name: string, count: number): void {
  say(
    `${count} ${count === 1 ? "change is" : "changes are"} kept: coffer diff ${name}, coffer apply ${name}, coffer overlay delete ${name}`,
  );
}

/** Removes the overlay of a sandbox that never ran. The error of that is what counts. */
export const forgetOverlay = (runtime: Runtime, name: string): Promise<void> =>
  verbs.removeOverlay(runtime, name).catch(() => {});

async function apply(runtime: Runtime, name: string): Promise<void> {
  const done = await verbs.applyOverlay(runtime, name, { paths: [], held: [] });
  process.stderr.write(`${verbs.printApplied(name, done, "text")}\n`);
  say(`coffer undo ${name} takes that back; coffer overlay delete --force ${name} forgets it`);
}

const outcomes = ["apply", "keep", "discard", ""];

/** Asks again where the answer is none. */
function askOutcome(): string {
  for (let left = 3; left > 0; left -= 1) {
    const answer = askWord("what becomes of the changes? type apply, keep or discard [keep] ");
    if (outcomes.includes(answer)) return answer;
  }
  return "keep";
}

/** Asks what becomes of what a sandbox has written. Nothing is lost without a word: the answer is a whole one. */
export async function settleOverlay(runtime: Runtime, name: string): Promise<void> {
  const changes = await verbs.diffOverlay(runtime, name);
  if (changes.length === 0 && !verbs.hasApplies(runtime, name)) return verbs.removeOverlay(runtime, name);
  if (changes.length === 0 || !runtime.system.caller.isInteractive) return sayKept(name, changes.length);
  process.stderr.write(`${reset}${verbs.printChanges(changes.slice(0, mostShown), "text")}\n`);
  if (changes.length > mostShown) say(`and ${changes.length - mostShown} more: coffer diff ${name}`);
  const answer = askOutcome();
  if (answer === "apply") return apply(runtime, name);
  if (answer === "discard") return verbs.removeOverlay(runtime, name);
  return sayKept(name, changes.length);
}
