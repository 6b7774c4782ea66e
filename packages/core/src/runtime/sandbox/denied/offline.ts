// Whether a program that has failed asked for a network by itself: its sandbox has none, or a proxy alone. The kernel counts that, and
// nobody else does.
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { decodeText } from "../../../wire/utf8.ts";
import type { Answer } from "../why.ts";

/** What no route led to (RFC 4293): a field of a text like /proc/PID/net/snmp, or like /proc/PID/net/snmp6. */
export function countUnrouted(text: string): number {
  const [names = [], values = []] = text
    .split("\n")
    .flatMap((line) => (line.startsWith("Ip: ") ? [line.split(" ")] : []));
  const [, sixth = 0] = /^Ip6OutNoRoutes\s+(\d+)$/m.exec(text) ?? [];
  return Number(values[names.indexOf("OutNoRoutes")] ?? 0) + Number(sixth);
}

const countersOf = (pid: number): readonly string[] => ["snmp", "snmp6"].map((name) => `/proc/${pid}/net/${name}`);
const mostText = 65_536;
const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);

/** What a process's network namespace has sent without a route so far: a further process of it has not sent that. */
export const unroutedSoFar = ({ readText }: Pick<System, "readText">, pid: number): number =>
  sum(countersOf(pid).map((path) => countUnrouted(optional(() => readText(path, mostText)) ?? "")));

/**
 * Watches for what a process's network namespace sends without a route, besides what it has sent before. At the end it says of a
 * command that has failed what was denied; the first status counts. The open files keep the namespace until then. Undefined where the
 * process has ended before.
 */
export function watchUnrouted(
  { openGrowing }: Pick<System, "openGrowing">,
  pid: number,
  answer: Answer,
  before = 0,
): ((status: number) => readonly Answer[]) | undefined {
  const counters = countersOf(pid).flatMap((path) => optional(() => openGrowing(path)) ?? []);
  if (counters.length === 0) return undefined;
  const end = (status: number): readonly Answer[] => {
    const asked = status === 0 ? [] : counters;
    const texts = asked.map((one) => optional(() => decodeText(one.read())) ?? "");
    for (const one of counters) one.close();
    return sum(texts.map(countUnrouted)) > before ? [answer] : [];
  };
  let answers: readonly Answer[] | undefined;
  return (status) => {
    answers ??= end(status);
    return answers;
  };
}
