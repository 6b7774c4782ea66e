// The end of a sandbox: what there is to say, however it has ended.
import { quote } from "../../../errors.ts";
import type { Running } from "../../launch/container.ts";
import type { Exit, Over } from "../../launch/reports.ts";
import type { Runtime } from "../../runtime.ts";
import type { Notes } from "../denied/notes.ts";
import type { SandboxView } from "../files.ts";
import { explainEnd } from "../limits.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import { once } from "../plan.ts";
import { warnOfGuards } from "../prepare.ts";
import type { Left, Since } from "./left.ts";
import { findLeft, sayAll } from "./left.ts";
import { clockSlack } from "./replaced.ts";

/** A sandbox that has ended: what was seen of the host. */
export interface Ended extends Since {
  readonly view: SandboxView;
  /** What is noted of its denials, where all of that is there when its first process has ended. */
  readonly early?: Pick<Notes, "end"> | undefined;
}

/** Tells what a sandbox has left, however it has ended. */
async function tellLeft(runtime: Runtime, { view, since, names }: Ended): Promise<readonly Left[]> {
  const found = await findLeft(runtime.system, view, { since: since - clockSlack, names });
  for (const message of sayAll(found)) warnOfGuards(runtime, message);
  const shadows = found.shadows.map(
    ({ path, hides }): Left => ({ path, why: [`PATH finds it before ${quote(hides)}`], isEntered: false }),
  );
  return [...found.left, ...found.goneOn, ...shadows];
}

/**
 * Whether nobody acts for a sandbox once its first process has ended: the kernel ends a pid namespace whole, but not the supervisor
 * that makes names in a fenced tree.
 */
const endsWhole = (
  { isolation, unsafe = [] }: Pick<SandboxVerbOptions, "isolation" | "unsafe">,
  { fenced }: SandboxView,
): boolean => isolation !== "reduced" && !unsafe.includes("host-pid") && !fenced;

/**
 * Waits for the end of a sandbox, and says what there is to say. That is looked for while the launcher ends, if nothing of the sandbox
 * can change it any more. Where both the wait and the search fail, the error of the wait is thrown, and that of the search is a warning.
 */
export async function awaitEnd(
  runtime: Runtime,
  options: Pick<SandboxVerbOptions, "limits" | "isolation" | "unsafe">,
  ended: Ended,
  wait: Running["wait"],
): Promise<Exit> {
  const look = once(() => tellLeft(runtime, ended));
  const over: Over = async (status) => {
    await Promise.allSettled([look(), ended.early?.end(status)]);
  };
  let exit: Exit;
  try {
    exit = await wait(endsWhole(options, ended.view) ? over : undefined);
  } catch (error) {
    await look().catch((second: unknown) => {
      const why = second instanceof Error ? second.message : String(second);
      warnOfGuards(runtime, `cannot tell what the sandbox has left that programs of the host act upon: ${why}`);
    });
    throw error;
  }
  const left = await look();
  explainEnd(runtime, options.limits ?? {}, exit);
  return { ...exit, left };
}
