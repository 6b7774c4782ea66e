// Reads what `--trace=FILE.json` writes: trace events, as other viewers read them too.

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

/** Reads a trace. Throws an error that says what is wrong. */
export function readSteps(text: string): { readonly steps: readonly Step[]; readonly about: string } {
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
  const about = `${numberOf(other.ops)} ops, ${numberOf(other.planSize)} bytes, ${numberOf(other.durationMs).toFixed(2)} ms from launch to exit`;
  return { steps, about };
}
