// Whether a program that has failed wanted the network, which its sandbox has not. The kernel counts it, and nobody else does.
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { decodeText } from "../../../wire/utf8.ts";
import { once } from "../plan.ts";
import type { Answer } from "../why.ts";
import { explainHost } from "./complaints.ts";

/** The field OutNoRoutes of a text like /proc/PID/net/snmp: what no route led to (RFC 4293). */
export function countUnrouted(text: string): number {
  const [names = [], values = []] = text
    .split("\n")
    .flatMap((line) => (line.startsWith("Ip: ") ? [line.split(" ")] : []));
  return Number(values[names.indexOf("OutNoRoutes")] ?? 0);
}

const countersOf = (pid: number): string => `/proc/${pid}/net/snmp`;
const mostText = 65_536;

/** What a process's network namespace has sent without a route so far: a further process of it has not sent that. */
export const unroutedSoFar = ({ readText }: Pick<System, "readText">, pid: number): number =>
  countUnrouted(optional(() => readText(countersOf(pid), mostText)) ?? "");

/**
 * Watches for what a process's network namespace sends without a route, besides what it has sent before. At the end it says of a
 * command that has failed what was denied. The open file keeps the namespace until then. Undefined where the process has ended before.
 */
export function watchOffline(
  { openGrowing }: Pick<System, "openGrowing">,
  pid: number,
  before = 0,
): ((status: number) => readonly Answer[]) | undefined {
  const counters = optional(() => openGrowing(countersOf(pid)));
  if (counters === undefined) return undefined;
  const end = once(() => {
    const text = optional(() => decodeText(counters.read())) ?? "";
    counters.close();
    return countUnrouted(text) > before ? [explainHost()] : [];
  });
  return (status) => end().filter(() => status !== 0);
}
