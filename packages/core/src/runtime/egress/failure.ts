// Why an allowed connection could not be made, in words.
import type { Target } from "../../egress/rules.ts";
import { SystemError } from "../../system/error.ts";

/** An allowed connection that could not be made. */
export interface Failed {
  readonly target: Target;
  readonly why: string;
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no name server answers",
  ECONNREFUSED: "the connection is refused",
  ETIMEDOUT: "no answer",
  ENETUNREACH: "no route leads there",
  EHOSTUNREACH: "no route leads there",
};

/** Why a connection failed. Undefined where the program has given it up before. */
export function whyFailed(error: unknown, { host, port }: Target): string | undefined {
  if (SystemError.is(error, "ECANCELED")) return undefined;
  if (!SystemError.is(error)) return error instanceof Error ? error.message : "cannot connect";
  const { errno, path } = error;
  const why = words[errno] === undefined ? errno : `${words[errno]} (${errno})`;
  return [host, `${host} port ${port}`].includes(path) ? why : `${path}: ${why}`;
}
