// What a command of a sandbox was denied: all that its supervisor tells, where it has one. Otherwise what the kernel counts and tells
// by itself: that the command wanted a network which is not there, and a config of git that is guarded.
import type { System } from "../../../system/port.ts";
import type { Answer } from "../why.ts";
import type { AskedOf } from "./asked.ts";
import { explainAsked } from "./asked.ts";
import { watchConfigs } from "./locked.ts";
import { watchOffline } from "./offline.ts";
import type { Watch } from "./watched.ts";

/** What is noted of a command. */
export interface Notes {
  /** The command runs as that process, whose network namespace is asked at the end. */
  follow(pid: number): void;
  /** What was denied of a command that has ended with that status. Nothing more is noted. */
  end(status: number): Promise<readonly Answer[]>;
  /** Nothing more is noted, and nobody asks what was. */
  close(): Promise<void>;
}

/** Of what has not begun. */
export const noNotes: Notes = { follow: () => {}, end: async () => [], close: async () => {} };

/** Begins to note what the command of a sandbox is denied, before the command runs: it may ask for its config at once. */
export function startNotes(system: System, of: AskedOf, watch: Watch | undefined): Notes {
  if (watch !== undefined) return { ...noNotes, end: async () => explainAsked(system, of, watch.asked()) };
  const locked = watchConfigs(system, of.view);
  let offline: ((status: number) => readonly Answer[]) | undefined;
  const end: Notes["end"] = async (status) => [...(await locked()), ...(offline?.(status) ?? [])];
  return {
    follow: (pid) => {
      if (of.network === "none") offline = watchOffline(system, pid);
    },
    end,
    close: async () => void (await end(0)),
  };
}
