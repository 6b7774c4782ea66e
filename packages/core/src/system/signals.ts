import { CofferError, quote } from "../errors.ts";

/** The signals of Linux on x86_64, aarch64 and riscv64, by name without `SIG`. */
export const signalNumbers = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
  UNUSED: 31,
} as const;

const named: ReadonlyMap<string, number> = new Map(Object.entries(signalNumbers));
const realtimeMin = 34;
const realtimeMax = 64;

function parseRealtime(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (match === null) return undefined;
  const offset = Number(match[3] ?? 0) * (match[2] === "-" ? -1 : 1);
  const signal = (match[1] === "MIN" ? realtimeMin : realtimeMax) + offset;
  return signal >= realtimeMin && signal <= realtimeMax ? signal : undefined;
}

/**
 * Reads a signal as kill(1) and runc take it: `9`, `KILL`, `SIGKILL`, `RTMIN+3`.
 *
 * @throws {CofferError} E_USAGE
 */
export function parseSignal(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const number = /^\d{1,2}$/.test(name) ? Number(name) : (named.get(name) ?? parseRealtime(name));
  if (number !== undefined && number >= 0 && number <= realtimeMax) return number;
  const hint = "give a name such as TERM or a number from 0 to 64";
  throw new CofferError("E_USAGE", `unknown signal ${quote(text)}`, { argument: text }, { hint });
}

/** The name of a signal with `SIG`, as Node spells it. */
export function nameSignal(number: number): string {
  for (const [name, value] of named) if (value === number) return `SIG${name}`;
  return `SIGRTMIN+${number - realtimeMin}`;
}
