// Reports about a sandbox, while and after it runs: connections that were denied, guesses about files, a log of events, and a
// profile of what was used.
import type { Runtime } from "@coffer/core";
import { CofferError } from "@coffer/core";
import { escapeJson, shellWord } from "@coffer/core/escape";
import type { HeldFile } from "@coffer/core/output";
import { holdFile } from "@coffer/core/output";
import type { Answer, Denied, Exit, RunningSandbox, SandboxVerbOptions } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import { toOneLine } from "../../output/one-line.ts";
import { whyOf } from "../../output/write-errors.ts";
import type { Values } from "../../parse/flags.ts";
import { UsageError } from "../../parse/flags.ts";
import type { TimedDenial } from "../running.ts";
import { printProfile } from "./learnt.ts";

/** How much of what was denied is listed: a program may try as much as it likes. */
const mostDenials = 20;
/** How many events are logged, for the same reason. */
const mostEvents = 10_000;
/** How many events are in a trace, each with its time. */
const mostTimed = 1000;
/** How many hosts are learnt. */
const mostLearnt = 500;

type Target = Denied["target"];

function describe({ op, target, why, add }: Answer, kind: "denied" | "guess"): string {
  const advice = add === undefined ? "" : `: add ${add}`;
  return toOneLine(`${kind === "guess" ? "guess: " : ""}denied: ${op} ${target}: ${why}${advice}`);
}

const toAnswer = ({ target, why, add }: Denied): Answer => ({
  op: "connect",
  target: verbs.printTarget(target),
  allowed: false,
  why,
  ...(add === undefined ? {} : { add: `--allow ${shellWord(add)}` }),
});

/** Each event is a line. A program's words in it are escaped, and the file is the one that was opened before the program ran. */
function makeEvents(file: HeldFile | undefined) {
  let count = 0;
  const write = (event: string, fields: object): void =>
    file?.append(`${escapeJson(JSON.stringify({ event, time: new Date().toISOString(), ...fields }))}\n`);
  return {
    write,
    /** Of a kind that a program can make as many of as it likes. */
    many: (event: string, fields: object): void => {
      if (count < mostEvents) write(event, fields);
      else if (count === mostEvents) write("cut", { after: mostEvents });
      count += 1;
    },
    close: (): void => file?.close(),
  };
}

type Options = Pick<SandboxVerbOptions, "network" | "writable" | "sockets" | "unsafe" | "isolation" | "watch"> & {
  readonly deny?: readonly string[] | undefined;
};
type More = Pick<SandboxVerbOptions, "onDenied" | "onConnected" | "stdio">;

/** Passes standard error on, and listens. */
function listen(running: RunningSandbox) {
  const { stderr } = running.launch;
  if (stderr === undefined) return undefined;
  const listener = verbs.makeListener();
  const ended = new Promise<void>((resolve) => void stderr.once("close", resolve));
  stderr.on("data", (chunk: Uint8Array) => {
    listener.take(chunk);
    // Who reads slowly lets the command wait, as without us.
    if (process.stderr.write(chunk)) return;
    stderr.pause();
    process.stderr.once("drain", () => stderr.resume());
  });
  return { listener, ended };
}

function checkTerminal(runtime: Runtime, flag: string): void {
  if (runtime.system.caller.isInteractive)
    throw new UsageError(
      `${flag}: standard error is the terminal of the sandbox: give 2>FILE or a pipe, or no terminal`,
    );
}

function cannotWrite(what: string, path: string, error: unknown): CofferError {
  const message = `cannot write the ${what} ${JSON.stringify(path)}: ${whyOf(error)}`;
  return new CofferError("E_IO", message, { path }, { cause: error });
}

function openLog(path: string): HeldFile {
  try {
    return holdFile(path);
  } catch (error) {
    throw cannotWrite("log of --json-log", path, error);
  }
}

/** What a log is about neither reads nor changes it. A sandbox without namespaces can hide nothing of what it may write. */
function hide<T extends Options>({ system }: Runtime, log: string | undefined, options: T): T {
  const isThere = log !== undefined && system.findStat(log, { follow: false })?.kind === "file";
  const { deny = [], isolation }: Options = options;
  return isThere && isolation !== "reduced" ? { ...options, deny: [...deny, log] } : options;
}

const isGiven = (values: Values, flag: "explain" | "hints" | "learn"): boolean =>
  flag === "learn" ? values.text(flag) !== undefined : values.boolean(flag);

/** Follows a sandbox. */
export function makeWatch(runtime: Runtime, values: Values, args: readonly string[]) {
  const [log, learn] = [values.text("json-log"), values.text("learn")];
  // No call says by which name a host was looked for: that is guessed.
  const guessesToo = values.boolean("explain") && !runtime.system.caller.isInteractive;
  const hints = values.boolean("hints") || learn !== undefined || guessesToo;
  // These need timers and streams of Node.
  if (log !== undefined || hints || values.boolean("explain")) runtime.system.handOver?.();
  const needing = (["explain", "hints", "learn"] as const).find((flag) => isGiven(values, flag));
  if (needing !== undefined && runtime.system.handOver !== undefined) throw verbs.lacksNode(`--${needing}`);
  if (values.boolean("hints")) checkTerminal(runtime, "--hints");
  const events = makeEvents(log === undefined ? undefined : openLog(log));
  const denied = new Map<string, string>();
  const timed: TimedDenial[] = [];
  const reached = new Set<string>();
  let running: RunningSandbox | undefined;
  let heard: ReturnType<typeof listen>;
  let isWritable = false;
  let sockets: readonly string[] = [];
  const note = (text: string): void => {
    if (timed.length < mostTimed) timed.push({ text, at: runtime.system.elapsed() });
  };
  const list = (answer: Answer): void => {
    const line = describe(answer, "denied");
    note(line);
    if (denied.size < mostEvents) denied.set(`${answer.op} ${answer.target}`, line);
  };
  const onDenied = (one: Denied): void => {
    const answer = toAnswer(one);
    events.many("denied", answer);
    list(answer);
  };
  const listDenied = (): readonly string[] => {
    const lines = [...denied.values()];
    const more = lines.length - mostDenials;
    const rest = `and ${more} more was denied: ${log === undefined ? "--json-log FILE has all of it" : "the log has all of it"}`;
    return more > 0 ? [...lines.slice(0, mostDenials), rest] : lines;
  };
  const onConnected = (target: Target): void => {
    events.many("connected", { op: "connect", target: verbs.printTarget(target) });
    note(toOneLine(`connect ${verbs.printTarget(target)}`));
    if (reached.size < mostLearnt) reached.add(verbs.printTarget(target));
  };
  const guesses = async (): Promise<readonly Answer[]> => {
    await heard?.ended;
    return running?.explain(heard?.listener.complaints() ?? []) ?? [];
  };
  const store = (file: string, guessed: readonly string[], { usage }: Exit): void => {
    const learnt = {
      reached: [...reached].toSorted(),
      denied: [...denied.values()].slice(0, mostLearnt),
      guessed,
      writable: isWritable,
      sockets,
      peakMemory: Number(usage?.peakKib ?? 0n) * 1024,
    };
    const { system } = runtime;
    const path = file.startsWith("/") ? file : `${system.caller.cwd}/${file}`;
    try {
      system.writeFile(path, printProfile(learnt, args), { mode: 0o644, exclusive: true });
    } catch (error) {
      throw cannotWrite("profile of --learn", path, error);
    }
  };
  return {
    /** What was reached and denied so far, and guessed at the end, for a trace. */
    timed,
    /** With `--learn` every public host can be reached. */
    widen: <T extends Options>(given: T): T => {
      const options = hide(runtime, log, given);
      isWritable = options.writable === true;
      if (learn === undefined) return options;
      sockets = verbs.givenSockets(runtime, options);
      const { network } = options;
      if (network?.mode === "user")
        throw new UsageError(
          "--learn: a user-mode network does not tell which hosts are reached: leave --net user out",
        );
      const watch = verbs.canExplain(runtime.system, options);
      return { ...options, watch, network: { ...network, allow: [...(network?.allow ?? []), "*"] } };
    },
    launch: async (start: (more: More) => Promise<RunningSandbox>): Promise<RunningSandbox> => {
      const listens = hints && !runtime.system.caller.isInteractive;
      const stdio = ["inherit", "inherit", "pipe"] as const;
      running = await start({
        onDenied,
        onConnected,
        ...(listens ? { stdio } : {}),
      });
      heard = listens ? listen(running) : undefined;
      events.write("start", { id: running.id, pid: running.process.pid, args });
      return running;
    },
    /** Tells everything, when the sandbox has ended. */
    end: async (exit: Exit): Promise<void> => {
      const explained = exit.denied ?? [];
      for (const answer of explained) events.many("denied", answer);
      const gathered = verbs.gatherAnswers(explained);
      if (values.boolean("explain")) for (const answer of gathered) list(answer);
      const found = hints ? (await guesses()).filter(({ op, target }) => !denied.has(`${op} ${target}`)) : [];
      for (const one of found) events.write("guess", one);
      const { status, signal, durationMs, usage } = exit;
      const peakMemory = Number(usage?.peakKib ?? 0n) * 1024;
      events.write("end", { status, ...(signal === undefined ? {} : { signal }), durationMs, peakMemory });
      events.close();
      const lines = found.map((one) => describe(one, "guess"));
      for (const line of lines) note(line);
      // A program that succeeds complains of nothing that matters.
      const shown = status === 0 ? [] : lines;
      for (const line of [...listDenied(), ...shown]) process.stderr.write(`coffer: ${line}\n`);
      const learnt = values.boolean("explain") ? [] : gathered.map((one) => describe(one, "denied"));
      if (learn !== undefined) store(learn, [...learnt, ...lines], exit);
    },
  };
}
