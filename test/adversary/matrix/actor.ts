// A runtime as a scene uses it: one function a verb, which says how it ended.
import type { Said } from "./types.ts";

export type ExecHow = { readonly words: readonly string[]; readonly cwd?: string; readonly terminal?: boolean };

export type SandboxHow = { readonly ms: number; readonly fence: boolean };

/** Where the streams of a `run` go. */
export type Streams = "nowhere" | "terminal";

export type Actor = {
  readonly create: (id: string, bundle: string) => Promise<Said>;
  readonly start: (id: string) => Promise<Said>;
  readonly run: (id: string, bundle: string, streams: Streams) => Promise<Said>;
  readonly exec: (id: string, how: ExecHow) => Promise<Said>;
  readonly kill: (id: string, signal: string) => Promise<Said>;
  readonly pause: (id: string) => Promise<Said>;
  readonly resume: (id: string) => Promise<Said>;
  readonly update: (id: string) => Promise<Said>;
  readonly remove: (id: string) => Promise<Said>;
  readonly events: (id: string) => Promise<Said>;
  readonly ps: (id: string) => Promise<Said>;
  readonly checkpoint: (id: string, directory: string) => Promise<Said>;
  readonly restore: (id: string, bundle: string, directory: string) => Promise<Said>;
  /** Runs the words in the directory, and ends them after some milliseconds. */
  readonly sandbox: (words: readonly string[], directory: string, how: SandboxHow) => Promise<Said>;
  /** The pid of a container that runs; 0 without one. */
  readonly pid: (id: string) => Promise<number>;
};

export const right: Said = { how: "right", text: "right" };
export const killedInside: Said = { how: "killed inside", text: "killed inside" };
export const refused = (text: string): Said => ({ how: "refused", text });
export const wrong = (text: string): Said => ({ how: "wrong", text });

/** What the programs of the scenes exit with. */
export const expected = 3;

/** A program ends as it has to, or the attacker, whose prey it is, has ended it. */
export function saidOfProgram(status: number | undefined): Said {
  return status === expected ? right : killedInside;
}

/** A result, or that there was none in time. */
export async function within(ms: number, act: Promise<Said>): Promise<Said> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Said>((resolve) => {
    timer = setTimeout(() => resolve(wrong(`not within ${ms / 1000} s`)), ms);
  });
  const said = await Promise.race([act, late]);
  clearTimeout(timer);
  return said;
}
