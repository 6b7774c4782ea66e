// The descriptors that a caller passes on, from 3 on.
import type { Context } from "../draft/draft.ts";
import type { ProcessOptions } from "../draft/options.ts";

const firstPassed = 3;
const maxPassed = 1024;
/** So many descriptors that are not open are named. */
const manyClosed = 8;

type Passing = Pick<ProcessOptions, "listenFds" | "preserveFds" | "closedFds">;

/** The input that a passed descriptor is. */
export function passedInput(fd: number): string {
  return `fd-${fd}`;
}

/** The numbers of the descriptors that are passed on, without those that are not open. */
export function passedFds({ listenFds = 0, preserveFds = 0, closedFds = [] }: Passing): readonly number[] {
  const length = Math.min(listenFds + preserveFds, maxPassed);
  return Array.from({ length }, (_, index) => firstPassed + index).filter((fd) => !closedFds.includes(fd));
}

function warnOfClosed({ issues, processPointer }: Context, closed: readonly number[]): void {
  if (closed.length === 0) return;
  const left = closed.length - manyClosed;
  const names = `${closed.slice(0, manyClosed).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
  issues.warn(processPointer, `cannot pass what is not open, and leaves it closed: descriptor ${names}`);
}

/** Gives the descriptors that are passed on their numbers. As with crun, one that is not open stays closed in the container. */
export function planPassed(context: Context, options: ProcessOptions): void {
  const { draft, issues } = context;
  const { listenFds = 0, preserveFds = 0, closedFds = [] } = options;
  const asked = listenFds + preserveFds;
  if (asked > maxPassed) issues.invalid("", `cannot pass ${asked} descriptors, at most ${maxPassed}`);
  warnOfClosed(context, closedFds);
  for (const target of passedFds(options))
    draft.add({
      op: "place-fd",
      phase: "drop",
      fd: draft.input(passedInput(target), "file"),
      target,
      why: "a descriptor that is passed on",
    });
}
