// Reports about a sandbox, while and after it runs: connections that were denied, guesses about files, a log of events, and a
// profile of what was used.
import type { Runtime } from "@coffer/core";
import type { Answer, Denied, Exit, Failed, RunningSandbox, SandboxVerbOptions } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import { toOneLine } from "../../output/one-line.ts";
import type { Values } from "../../parse/flags.ts";
import type { TimedDenial } from "../running.ts";
import { checkTerminal } from "./complaints.ts";
import { describe, makeDenials } from "./denials.ts";
import { hideLog, makeEvents } from "./json-log.ts";
import { widen, writeProfile } from "./learnt.ts";
import type { Heard } from "./listening.ts";
import { listen } from "./listening.ts";

/** How many events are in a trace, each with its time. */
const mostTimed = 1000;
/** How many hosts are learnt, and how many denials. */
const mostLearnt = 500;

type Options = Pick<SandboxVerbOptions, "network" | "writable" | "sockets" | "unsafe" | "isolation" | "watch"> & {
  readonly deny?: readonly string[] | undefined;
};
type More = Pick<SandboxVerbOptions, "onDenied" | "onConnected" | "onFailed" | "stdio">;

/** What the flags ask for. A profile is of hosts that are reached, for which Node is needed. */
function readFlags(runtime: Runtime, values: Values) {
  const [log, learn, explain] = [values.text("json-log"), values.text("learn"), values.boolean("explain")];
  const { isInteractive } = runtime.system.caller;
  // No call says by which name a host was looked for: that is guessed.
  const hints = values.boolean("hints") || learn !== undefined || (explain && !isInteractive);
  if (log !== undefined || learn !== undefined) runtime.system.handOver?.();
  if (learn !== undefined && runtime.system.handOver !== undefined) throw verbs.lacksNode("--learn");
  if (values.boolean("hints")) checkTerminal(runtime, "--hints");
  return { log, learn, explain, hints, listens: hints && !isInteractive };
}

/** What happens, with its time. */
function makeTimed(runtime: Runtime) {
  const timed: TimedDenial[] = [];
  const note = (text: string): void => {
    if (timed.length < mostTimed) timed.push({ text, at: runtime.system.elapsed() });
  };
  return { timed, note };
}

const peakOf = ({ usage }: Exit): number => Number(usage?.peakKib ?? 0n) * 1024;

/** Follows a sandbox. */
export function makeWatch(runtime: Runtime, values: Values, args: readonly string[]) {
  const { log, learn, explain, hints, listens } = readFlags(runtime, values);
  const profile = learn === undefined ? undefined : verbs.awaitFile(runtime.system, "the profile of --learn", learn);
  const events = makeEvents(runtime, log);
  const denials = makeDenials("denied", log !== undefined);
  const failures = makeDenials("failed", log !== undefined);
  const { timed, note } = makeTimed(runtime);
  const reached = new Set<string>();
  let running: RunningSandbox | undefined;
  let heard: Heard | undefined;
  let used: { readonly writable: boolean; readonly sockets: readonly string[] } = { writable: false, sockets: [] };
  const deny = (answer: Answer): void => note(denials.add(answer));
  const onDenied = (one: Denied): void => {
    const answer = verbs.toAnswer(one);
    events.many("denied", answer);
    deny(answer);
  };
  const onConnected = (target: Denied["target"]): void => {
    const host = verbs.printTarget(target);
    events.many("connected", { op: "connect", target: host });
    note(toOneLine(`connect ${host}`));
    failures.remove({ op: "connect", target: host });
    if (reached.size < mostLearnt) reached.add(host);
  };
  const onFailed = ({ target, why }: Failed): void => {
    const failure = { op: "connect", target: verbs.printTarget(target), why } as const;
    events.many("failed", failure);
    note(failures.add(failure));
  };
  const guess = async (): Promise<readonly Answer[]> => {
    await heard?.ended;
    const guesses = running?.explain(heard?.complaints() ?? []) ?? [];
    return guesses.filter((one) => !denials.has(one));
  };
  return {
    /** What was reached and denied so far, and guessed at the end, for a trace. */
    timed,
    /** With `--learn` every public host can be reached. */
    widen: <T extends Options>(given: T): T => {
      const options = hideLog(runtime, log, given);
      if (profile === undefined) return options;
      used = { writable: options.writable === true, sockets: verbs.givenSockets(runtime, options) };
      return widen(runtime, options);
    },
    launch: async (start: (more: More) => Promise<RunningSandbox>): Promise<RunningSandbox> => {
      const stdio = ["inherit", "inherit", "pipe"] as const;
      const started = events.begin();
      running = await start({ onDenied, onConnected, onFailed, ...(listens ? { stdio } : {}) });
      heard = listens ? listen(running) : undefined;
      started({ id: running.id, pid: running.process.pid, args });
      return running;
    },
    /** Tells everything, when the sandbox has ended. */
    end: async (exit: Exit): Promise<void> => {
      const explained = exit.denied ?? [];
      for (const answer of explained) events.many("denied", answer);
      const gathered = verbs.gatherAnswers(explained);
      if (explain || learn === undefined) for (const answer of gathered) deny(answer);
      const known = new Set(explained.map(({ op, target }) => `${op} ${target}`));
      const guessed = (hints ? await guess() : []).filter(({ op, target }) => !known.has(`${op} ${target}`));
      for (const one of guessed) events.write("guess", one);
      const { status, signal, durationMs } = exit;
      const peakMemory = peakOf(exit);
      events.write("end", { status, ...(signal === undefined ? {} : { signal }), durationMs, peakMemory });
      events.close();
      const lines = guessed.map((one) => describe(one, "guess"));
      for (const line of lines) note(line);
      // A program that succeeds complains of nothing that matters, but for what it was to put into a guarded place.
      const guarded = guessed.filter(verbs.isGuardedAnswer).map((one) => describe(one, "guess"));
      const shown = status === 0 ? guarded : [...failures.list(), ...lines];
      for (const line of [...denials.list(), ...shown]) process.stderr.write(`coffer: ${line}\n`);
      if (profile === undefined) return;
      const denied = denials.lines().slice(0, mostLearnt);
      const told = explain ? [] : gathered.map((one) => describe(one, "denied"));
      const learnt = { ...used, reached: [...reached].toSorted(), denied, guessed: [...told, ...lines], peakMemory };
      writeProfile(profile, learnt, args);
    },
  };
}
