// The end of a sandbox: what there is to say, however it has ended.
import { quote } from "../../../errors.ts";
import type { Exit } from "../../launch/reports.ts";
import type { Runtime } from "../../runtime.ts";
import type { SandboxView } from "../files.ts";
import { explainEnd } from "../limits.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import { warnOfGuards } from "../prepare.ts";
import type { Left, Since } from "./left.ts";
import { findLeft, sayAll } from "./left.ts";
import { clockSlack } from "./replaced.ts";

/** A sandbox that has ended: what was seen of the host. */
export interface Ended extends Since {
  readonly view: SandboxView;
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
 * Waits for the end of a sandbox, and says what there is to say. Where both the wait and the search fail, the error of the wait is
 * thrown, and that of the search is a warning.
 */
export async function awaitEnd(
  runtime: Runtime,
  { limits = {} }: Pick<SandboxVerbOptions, "limits">,
  ended: Ended,
  wait: () => Promise<Exit>,
): Promise<Exit> {
  let exit: Exit;
  try {
    exit = await wait();
  } catch (error) {
    await tellLeft(runtime, ended).catch((second: unknown) => {
      const why = second instanceof Error ? second.message : String(second);
      warnOfGuards(runtime, `cannot tell what the sandbox has left that programs of the host act upon: ${why}`);
    });
    throw error;
  }
  const left = await tellLeft(runtime, ended);
  explainEnd(runtime, limits, exit);
  return { ...exit, left };
}
