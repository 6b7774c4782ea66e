// The steps of one launch, in the order of time: a lane for each process.
import { linear, shown } from "./scale.ts";
import { bar, line, picture, text, width } from "./svg.ts";

/** An op: times in microseconds since the first one began. */
export interface Step {
  readonly name: string;
  readonly phase: string;
  readonly process: string;
  readonly start: number;
  readonly duration: number;
  /** Its time is that of another process. */
  readonly waits: boolean;
}

const [left, right, top, high] = [90, width - 30, 74, 34];
/** As many of the longest have a line of their own. */
const longest = 14;
const phases = ["host", "parent", "inside", "rooted", "drop", "exec"];

function lanes(steps: readonly Step[], end: number): readonly string[] {
  const processes = [...new Set(steps.map(({ process }) => process))];
  const { at, ticks } = linear(end, left, right);
  const bottom = top + processes.length * high;
  const grid = ticks.flatMap((tick) => [
    line(at(tick), top - 6, at(tick), bottom, "grid"),
    text(at(tick), top - 12, shown(tick), "small middle"),
  ]);
  const names = processes.map((name, index) => text(left - 12, top + index * high + 19, name, "end"));
  const bars = steps.map(({ name, phase, process, start, duration, waits }) => {
    const y = top + processes.indexOf(process) * high;
    const kind = waits ? `${phase} pale` : phase;
    return bar(at(start), y + 4, at(start + duration) - at(start), high - 12, kind, `${name}: ${shown(duration)}`);
  });
  return [...grid, ...names, ...bars];
}

function legend(y: number): readonly string[] {
  return phases.flatMap((phase, index) => {
    const x = 12 + index * 84;
    return [bar(x, y - 10, 12, 12, phase), text(x + 18, y, phase, "small")];
  });
}

/** A picture of the steps; below them the longest, without those that only wait. */
export function timeline(title: string, steps: readonly Step[]): string {
  const end = Math.max(...steps.map(({ start, duration }) => start + duration));
  const count = new Set(steps.map(({ process }) => process)).size;
  const below = top + count * high + 24;
  const most = steps
    .filter(({ waits }) => !waits)
    .toSorted((a, b) => b.duration - a.duration)
    .slice(0, longest);
  const room = linear(most[0]?.duration ?? 1, 330, right - 70);
  const rows = most.flatMap(({ name, phase, process, duration }, index) => {
    const y = below + 16 + index * 20;
    return [
      text(318, y + 13, `${name} (${process})`, "end"),
      bar(330, y + 3, room.at(duration) - 330, 12, phase),
      text(room.at(duration) + 8, y + 13, shown(duration), "small"),
    ];
  });
  const parts = [text(12, 24, title, "title"), ...lanes(steps, end), ...legend(below), ...rows];
  return picture(`${title}: its ops by process and time`, below + 30 + most.length * 20, parts);
}
