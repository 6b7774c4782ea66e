// A table of scripts, each a test: all are run in one guest, and what each printed is compared.
import type { ExecutionContext } from "ava";
import test from "ava";
import { isPeersUpdate } from "../../helpers/peers/peer-record.ts";
import { ofGuest } from "../../helpers/peers/peers.ts";
import { ofToday } from "../../helpers/runner/daily.ts";
import { missing, needsGuest } from "../needs.ts";
import type { CaseResult, RunGuest } from "./batch.ts";
import { runBatch } from "./batch.ts";

/** A script of the guest, and what has to come of it. */
export type ScriptRow = {
  readonly script: string;
  readonly check: (t: ExecutionContext, result: CaseResult) => void | Promise<void>;
  readonly isControl?: true;
};

export interface ScriptTable {
  readonly guest: Parameters<typeof missing>[0];
  /** Run once in the guest, before everything. */
  readonly setup: () => string;
  /** By their titles. */
  readonly rows: Readonly<Record<string, ScriptRow>>;
  readonly secondsEach?: number;
  /** In how many days `npm run test:all` runs each row once. No row may need another. */
  readonly days?: number;
  /** The guest, where it is not the resumed Debian. */
  readonly run?: RunGuest;
}

/** A script that succeeds and prints this. */
export const prints = (script: string, expected: string | RegExp): ScriptRow => ({
  script,
  check(t, { stdout, stderr, status }) {
    if (typeof expected === "string") t.is(stdout, expected, stderr);
    else t.regex(stdout, expected, stderr);
    t.is(status, 0, stderr);
  },
});

/** A row of a peer, for comparison: what the peer does otherwise is logged. It runs with UPDATE_PEERS=1 alone. */
export const control = ({ script, check }: ScriptRow): ScriptRow => ({
  isControl: true,
  script,
  check: (t, result) => ofGuest(t, (tt) => check(tt, result)),
});

/** Lines, each with its end. */
export const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

/** Declares a test for every row. */
export function testScripts({ guest: kind, setup, rows: all, secondsEach = 400, days = 1, run }: ScriptTable): void {
  const asked = Object.entries(all).filter(([, { isControl }]) => isPeersUpdate || !isControl);
  const rows = Object.fromEntries(ofToday(asked, days));
  let results: ReadonlyMap<string, CaseResult> = new Map();
  let guest = "";

  test.before("the batch", async (t) => {
    t.timeout(1_800_000);
    if (missing(kind) !== undefined) return;
    const cases = Object.values(rows).map(({ script }, index) => [`${index}`, script]);
    ({ results, guest } = await runBatch(setup(), Object.fromEntries(cases), secondsEach, run));
  });

  for (const [index, [title, { check }]] of Object.entries(rows).entries()) {
    test(title, async (t) => {
      if (!needsGuest(t, kind)) return;
      const result = results.get(`${index}`);
      if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
      else await check(t, result);
    });
  }
}
