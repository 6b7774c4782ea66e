// The log of `--json-log`: an event a line, while a sandbox runs.
import type { Runtime } from "@coffer/core";
import { escapeJson } from "@coffer/core/escape";
import type { HeldFile } from "@coffer/core/output";
import { holdFile } from "@coffer/core/output";
import type { SandboxVerbOptions } from "@coffer/core/verbs";
import { awaitFile } from "@coffer/core/verbs";
import { cannotWrite } from "../../output/write-errors.ts";

/** How many events are logged of a kind that a program can make as many of as it likes. */
const mostEvents = 10_000;

function open({ system }: Runtime, word: string): HeldFile {
  const { at } = awaitFile(system, "the log of --json-log", word);
  try {
    return holdFile(at);
  } catch (error) {
    throw cannotWrite("log of --json-log", word, error);
  }
}

/** Each event is a line. A program's words in it are escaped, and the file is the one that was opened before the program ran. */
export function makeEvents(runtime: Runtime, path: string | undefined) {
  const file = path === undefined ? undefined : open(runtime, path);
  let count = 0;
  /** What the command does before its start is reported. */
  let early: string[] | undefined;
  const say = (event: string, time: string, fields: object): void => {
    const line = `${escapeJson(JSON.stringify({ event, time, ...fields }))}\n`;
    if (early === undefined) file?.append(line);
    else early.push(line);
  };
  const now = (): string => new Date().toISOString();
  const write = (event: string, fields: object): void => say(event, now(), fields);
  return {
    write,
    /** Begins now. The start is the first line, once it is said what has started. */
    begin(): (fields: object) => void {
      const time = now();
      early = [];
      return (fields) => {
        const waiting = early ?? [];
        early = undefined;
        say("start", time, fields);
        for (const line of waiting) file?.append(line);
      };
    },
    /** Of a kind that a program can make as many of as it likes. */
    many: (event: string, fields: object): void => {
      if (count < mostEvents) write(event, fields);
      else if (count === mostEvents) write("cut", { after: mostEvents });
      count += 1;
    },
    close: (): void => file?.close(),
  };
}

type Options = Pick<SandboxVerbOptions, "isolation"> & { readonly deny?: readonly string[] | undefined };

/** What a log is about neither reads nor changes it. A sandbox without namespaces can hide nothing of what it may write. */
export function hideLog<T extends Options>({ system }: Runtime, log: string | undefined, options: T): T {
  const isThere = log !== undefined && system.findStat(log, { follow: false })?.kind === "file";
  const { deny = [], isolation }: Options = options;
  return isThere && isolation !== "reduced" ? { ...options, deny: [...deny, log] } : options;
}
