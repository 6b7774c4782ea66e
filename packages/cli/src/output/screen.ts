// How a long answer is shown: as wide as the terminal, in colours, through a pager.
import type { System } from "@coffer/core";
import { print } from "../verbs/call.ts";
import { startPager } from "./pager.ts";

type Caller = System["caller"];

const usualWidth = 100;
const widest = 120;

/** The width and the colours that the caller's terminal has (https://no-color.org). */
export function lookOf({ isOutputTerminal, window, env }: Caller): {
  readonly width: number;
  readonly colour: boolean;
} {
  const width = isOutputTerminal && window !== undefined && window.width > 0 ? window.width : usualWidth;
  const isDumb = env.TERM === "dumb" || (env.NO_COLOR ?? "") !== "";
  return { width: Math.min(width, widest), colour: isOutputTerminal && !isDumb };
}

/**
 * Prints an answer. One that is longer than the terminal is high goes through the caller's pager. The native front hands such
 * an answer over to the front on Node, which starts the pager. Without Node the native front prints the answer.
 */
export function printPaged(system: System, text: string): number {
  const { isInteractive, window, env } = system.caller;
  const lines = text.split("\n").length;
  const isLong = isInteractive && window !== undefined && lines >= window.height;
  const pager = env.COFFER_PAGER ?? env.PAGER ?? "less";
  if (!isLong || pager === "" || pager === "cat") return print(text);
  system.handOver?.();
  return startPager(pager, `${text}\n`) ? 0 : print(text);
}
