// What a sandbox may reach, which can change while it runs, and the connections that it has.
import type { HostBlock } from "../../egress/address.ts";
import { parseAddress } from "../../egress/address.ts";
import type { Refusal, Rules, Target } from "../../egress/rules.ts";
import { judgeResolved, judgeTarget } from "../../egress/rules.ts";
import { optional } from "../../system/error.ts";
import type { Duplex } from "../../system/port.ts";

/** The rules of a running sandbox. */
export interface Access {
  rules(): Rules;
  /** Puts other rules in the place of these, and ends each connection that they do not allow. */
  change(rules: Rules): void;
  /** Knows a connection until one of its streams ends. `refuse` judges it by the rules of that time. */
  hold(streams: readonly Duplex[], refuse: (rules: Rules) => Refusal | undefined): void;
}

/** Rules that can change. */
export function makeAccess(first: Rules): Access {
  let current = first;
  const held = new Set<() => void>();
  return {
    rules: () => current,
    change: (rules) => {
      current = rules;
      for (const look of held) look();
    },
    hold: (streams, refuse) => {
      const look = (): void => {
        if (refuse(current) === undefined) return;
        for (const stream of streams) stream.destroy();
      };
      // A stream may outlive the others, and be held again with new ones: it keeps no listener of this time.
      const release = (): void => {
        held.delete(look);
        for (const stream of streams) stream.off("close", release);
      };
      held.add(look);
      for (const stream of streams) stream.once("close", release);
      // The rules may have changed while the connection was made.
      look();
    },
  };
}

/** Judges a connection that was made: its target as the program said it, and the address where that is known. */
export function judgeMade(
  rules: Rules,
  target: Target,
  address: string | undefined,
  own: () => readonly HostBlock[],
): Refusal | undefined {
  const refusal = judgeTarget(rules, target);
  const parsed = address === undefined || address === target.host ? undefined : parseAddress(address);
  if (refusal !== undefined || parsed === undefined) return refusal;
  const hosts = optional(own);
  if (hosts === undefined) return { why: "the host's own addresses cannot be read", add: undefined };
  return judgeResolved(rules, parsed, target, hosts);
}
