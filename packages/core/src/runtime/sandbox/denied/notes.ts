// What a command of a sandbox was denied: all that its supervisor tells, where it has one. Otherwise what the kernel counts and tells
// by itself: that the command wanted a network which is not there, or knew no proxy. It tells of guarded configs of git as well.
import type { System } from "../../../system/port.ts";
import type { Answer } from "../why.ts";
import type { AskedOf } from "./asked.ts";
import { explainAsked } from "./asked.ts";
import { explainHost, explainProxy } from "./complaints.ts";
import { makeJudge } from "./judge.ts";
import { guardedConfigs, watchConfigs } from "./locked.ts";
import type { Noted } from "./noted.ts";
import { unroutedSoFar, watchUnrouted } from "./offline.ts";
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

/** Configs, and what is answered to whoever tries to change one. */
interface Configs {
  readonly paths: readonly string[];
  explain(tried: readonly string[]): readonly Answer[];
}

/** What is said of a command that has asked for a network by itself. Where there is one, such a command needs nothing else. */
function explainUnrouted(network: AskedOf["network"]): Answer | undefined {
  if (network === "none") return explainHost();
  return network === "proxy" ? explainProxy() : undefined;
}

function start(system: System, network: AskedOf["network"], configs: Configs, before: number): Notes {
  const locked = watchConfigs(system, configs.paths);
  const answer = explainUnrouted(network);
  let unrouted: ((status: number) => readonly Answer[]) | undefined;
  const end: Notes["end"] = async (status) => [...configs.explain(await locked()), ...(unrouted?.(status) ?? [])];
  return {
    follow: (pid) => {
      if (answer !== undefined) unrouted = watchUnrouted(system, pid, answer, before);
    },
    end,
    close: async () => {
      await locked();
      unrouted?.(0);
    },
  };
}

/** What is answered to whoever has tried to change these. */
function explainConfigs(system: System, { view }: Pick<AskedOf, "view">, tried: readonly string[]): readonly Answer[] {
  if (tried.length === 0) return [];
  const judge = makeJudge(system, view);
  return tried.flatMap((path) => judge(path, ["write"]) ?? []);
}

/** Begins to note what the command of a sandbox is denied, before the command runs: it may ask for its config at once. */
export function startNotes(system: System, of: AskedOf, watch: Watch | undefined): Notes {
  if (watch !== undefined) return { ...noNotes, end: async () => explainAsked(system, of, watch.asked()) };
  const explain: Configs["explain"] = (tried) => explainConfigs(system, of, tried);
  return start(system, of.network, { paths: guardedConfigs(of.view), explain }, 0);
}

/** What has to be remembered of a sandbox, so that others can note what a further process of it is denied. */
export function toNoted(system: System, of: AskedOf): Noted {
  const configs = explainConfigs(system, of, guardedConfigs(of.view));
  return { network: of.network, configs: configs.map(({ target, why }) => ({ path: target, why })) };
}

/**
 * Begins to note what a further process of a sandbox is denied, whose first process is `pid`. What other processes of the sandbox ask
 * for meanwhile counts as well.
 */
export function startLaterNotes(system: System, { network, configs }: Noted, pid: number): Notes {
  const explain: Configs["explain"] = (tried) =>
    configs.flatMap(({ path, why }) =>
      tried.includes(path) ? [{ op: "write", target: path, allowed: false, why }] : [],
    );
  const paths = configs.map(({ path }) => path);
  const notes = start(system, network, { paths, explain }, unroutedSoFar(system, pid));
  notes.follow(pid);
  return notes;
}
