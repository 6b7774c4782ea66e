// The limits that the flags of `update` name.
import { CofferError, quote } from "../../errors.ts";

/** The flags of `update` as they are written. */
export interface UpdateFlags {
  readonly "blkio-weight"?: string | undefined;
  readonly "cpu-period"?: string | undefined;
  readonly "cpu-quota"?: string | undefined;
  readonly "cpu-burst"?: string | undefined;
  readonly "cpu-share"?: string | undefined;
  readonly "cpu-rt-period"?: string | undefined;
  readonly "cpu-rt-runtime"?: string | undefined;
  readonly "cpu-idle"?: string | undefined;
  readonly "cpuset-cpus"?: string | undefined;
  readonly "cpuset-mems"?: string | undefined;
  readonly memory?: string | undefined;
  readonly "memory-reservation"?: string | undefined;
  readonly "memory-swap"?: string | undefined;
  readonly "pids-limit"?: string | undefined;
  readonly "l3-cache-schema"?: string | undefined;
  readonly "mem-bw-schema"?: string | undefined;
}

function invalid(flag: string, text: string, what: string): CofferError {
  return new CofferError("E_USAGE", `invalid value for ${flag}: ${quote(text)} is not ${what}`, { argument: flag });
}

/** Powers of 1024. */
const units = " kmgtp";

/** Reads a size such as `64M` or `1.5GiB`, as runc does. */
export function parseBytes(flag: string, text: string): bigint {
  if (text === "-1") return -1n;
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (match?.[1] === undefined) throw invalid(flag, text, "a size such as 64M, or -1");
  const power = units.indexOf(match[2]?.toLowerCase() || " ");
  if (/^\d+$/.test(match[1])) return BigInt(match[1]) * 1024n ** BigInt(power);
  return BigInt(Math.floor(Number(match[1]) * 1024 ** power));
}

function parseInteger(flag: string, text: string, signed: boolean): bigint {
  if (!(signed ? /^[+-]?\d+$/ : /^\d+$/).test(text)) throw invalid(flag, text, "an integer");
  return BigInt(text.replace("+", ""));
}

/** Leaves out what is not given. */
function given<T>(fields: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])),
  );
}

/** The resources object that the flags stand for; it is checked as one out of a file is. */
export function resourcesOfFlags(flags: UpdateFlags): object {
  const unsigned = (flag: keyof UpdateFlags) => integer(flag, false);
  const signed = (flag: keyof UpdateFlags) => integer(flag, true);
  const integer = (flag: keyof UpdateFlags, isSigned: boolean): bigint | undefined => {
    const text = flags[flag];
    return text === undefined || text === "" ? undefined : parseInteger(flag, text, isSigned);
  };
  const bytes = (flag: keyof UpdateFlags): bigint | undefined => {
    const text = flags[flag];
    return text === undefined || text === "" ? undefined : parseBytes(flag, text);
  };
  const pids = signed("pids-limit");
  return {
    memory: given({
      limit: bytes("memory"),
      swap: bytes("memory-swap"),
      reservation: bytes("memory-reservation"),
    }),
    cpu: given<bigint | string>({
      shares: unsigned("cpu-share"),
      quota: signed("cpu-quota"),
      burst: unsigned("cpu-burst"),
      period: unsigned("cpu-period"),
      realtimeRuntime: signed("cpu-rt-runtime"),
      realtimePeriod: unsigned("cpu-rt-period"),
      idle: signed("cpu-idle"),
      cpus: flags["cpuset-cpus"],
      mems: flags["cpuset-mems"],
    }),
    blockIO: given({ weight: unsigned("blkio-weight") }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  };
}
