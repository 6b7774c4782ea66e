// Reads what `--trace=FILE.json` writes: trace events, as other viewers read them too. And what `--json-log` writes: a line an event.

/** One op of a run, or something that was denied; times in µs from the first op. */
export interface Step {
  readonly name: string;
  readonly label: string;
  readonly sentence: string;
  readonly phase: string;
  readonly process: string;
  readonly start: number;
  readonly end: number;
  readonly waits: boolean;
  readonly isDenied: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const maxEvents = 100_000;

function stepOf(event: Fields): readonly Step[] {
  const { name, cat, ph, ts, dur, args } = event;
  if (ph !== "X" && ph !== "i") return [];
  const more = isFields(args) ? args : {};
  const start = numberOf(ts);
  return [
    {
      name: textOf(name),
      label: textOf(more.label) || textOf(name),
      sentence: textOf(more.sentence),
      phase: textOf(cat),
      process: ph === "i" ? "denied" : event.pid === 1 ? "launcher" : "init",
      start,
      end: start + Math.max(0, numberOf(dur)),
      waits: more.waits === true,
      isDenied: ph === "i",
    },
  ];
}

/** The fields of an event that say what it is about. */
const about = ["op", "target", "why", "args", "status"] as const;

function lineOf(event: Fields, first: number): Step {
  const name = textOf(event.event);
  const words = about.flatMap((field) => (event[field] === undefined ? [] : [String(event[field])]));
  const start = (Date.parse(textOf(event.time)) - first) * 1000;
  const isDenied = name === "denied";
  return {
    name,
    label: [name, ...words].join(" "),
    sentence: textOf(event.add),
    phase: name,
    process: isDenied ? "denied" : "launcher",
    start,
    end: start,
    waits: false,
    isDenied,
  };
}

/** Reads the events of a sandbox, a line of JSON each; undefined if the text is something else. */
function readLines(text: string): readonly Fields[] | undefined {
  try {
    const events = text
      .trim()
      .split("\n", maxEvents)
      .map((line): unknown => JSON.parse(line));
    const isEvent = (value: unknown): value is Fields => isFields(value) && "event" in value && "time" in value;
    return events.every(isEvent) ? events.filter(isEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text is a trace, or the events of a sandbox. */
export function isTrace(text: string): boolean {
  return /^\s*\{\s*"traceEvents"/.test(text) || readLines(text) !== undefined;
}

/** Reads a trace. Throws an error that says what is wrong. */
export function readSteps(text: string): { readonly steps: readonly Step[]; readonly about: string } {
  const lines = readLines(text);
  if (lines !== undefined) {
    const first = Date.parse(textOf(lines[0]?.time));
    return { steps: lines.map((event) => lineOf(event, first)), about: `${lines.length} events of a sandbox` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`this is no trace: ${error instanceof Error ? error.message : "no JSON"}`);
  }
  const events = isFields(value) ? value.traceEvents : undefined;
  if (!Array.isArray(events))
    throw new Error("this is no trace: it has no traceEvents; `--trace=FILE.json` writes one");
  if (events.length > maxEvents) throw new Error(`this trace has more than ${maxEvents} events`);
  const steps = events.filter(isFields).flatMap(stepOf);
  const other = isFields(value) && isFields(value.otherData) ? value.otherData : {};
  const summary = `${numberOf(other.ops)} ops, ${numberOf(other.planSize)} bytes, ${numberOf(other.durationMs).toFixed(2)} ms from launch to exit`;
  return { steps, about: summary };
}
