// What goes on beside a sandbox. Its end says what was noted.
import type { ProcessIdentity } from "../../../plan/index.ts";
import type { Published } from "../../egress/publish.ts";
import type { Running } from "../../launch/container.ts";
import type { Exit } from "../../launch/reports.ts";
import type { Runtime } from "../../runtime.ts";
import { askedOf } from "../denied/asked.ts";
import { noNotes, startNotes } from "../denied/notes.ts";
import type { Watch } from "../denied/watched.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import type { PreparedSandbox } from "../prepare.ts";
import { isMovable } from "../prepare.ts";
import { awaitEnd } from "./ended.ts";
import { keepNames, noNames } from "./replaced.ts";

/** What goes on beside a sandbox, from before its launch to its end: ports of the host, and what is noted of names and denials. */
export function makeBeside(
  runtime: Runtime,
  options: SandboxVerbOptions,
  { asked: { view }, network }: PreparedSandbox,
  { since, watch }: { readonly since: number; readonly watch: Watch | undefined },
) {
  const { system } = runtime;
  const isReduced = options.isolation === "reduced";
  const isEarly = isMovable(options, view);
  let names = noNames;
  let published: Published | undefined;
  let notes = noNotes;
  const noteNames = (): void => {
    // Landlock shows nothing that was put there later.
    const hidden = isReduced ? [] : view.before.hidden;
    names = keepNames(system, { ...view.before, hidden }, since, isEarly);
  };
  return {
    /** Before the launch. */
    async begin(): Promise<void> {
      published = await network?.publish?.();
      if (isEarly) noteNames();
      notes = startNotes(system, askedOf(options, view, network), watch);
    },
    /** While the launcher works, before it has mounted anything: only the host can have changed names until then. */
    async meanwhile(): Promise<void> {
      if (!isEarly) noteNames();
    },
    /** The sandbox runs. */
    follow(process: ProcessIdentity): void {
      // Without a network namespace the counters are those of the host.
      if (!isReduced) notes.follow(process.pid);
      published?.begin(process);
    },
    /** Waits for the end of the sandbox, and says what there is to say. */
    async end(wait: Running["wait"]): Promise<Exit> {
      const all: Running["wait"] = (over) => wait(over).finally(() => published?.close());
      // What its supervisor tells is whole only when that has ended.
      const ended = { view, since, names, early: watch === undefined ? notes : undefined };
      const exit = await awaitEnd(runtime, options, ended, all)
        .catch(async (error: unknown) => {
          await notes.close();
          throw error;
        })
        .finally(names.close);
      return { ...exit, denied: await notes.end(exit.status) };
    },
    /** The sandbox does not run. */
    async close(): Promise<void> {
      published?.close();
      names.close();
      await notes.close();
    },
  };
}
