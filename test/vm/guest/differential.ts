// The rows of the conformance table under coffer and a peer. A row where coffer differs from crun is run by runc too:
// they differ among themselves.
import { execFileSync, spawnSync } from "node:child_process";
import type { Runtime } from "@coffer/core";
import { run } from "@coffer/core";
import { differences } from "../../conformance/differences.ts";
import type { Row } from "../../conformance/rows.ts";
import type { FlatFacts } from "../../helpers/facts.ts";
import { flatten, parseFacts } from "../../helpers/facts.ts";
import type { GuestBundle } from "./bundle.ts";
import { makeGuestBundle } from "./bundle.ts";
import { guestDifferences } from "./rows.ts";

type Outcome = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };
type Run = (bundle: GuestBundle) => Promise<Outcome>;

const peer =
  (name: string): Run =>
  async (bundle) => {
    const argv = ["--root", "/run/peer", "run", "--bundle", bundle.path, bundle.tag];
    const { status, stdout, stderr } = spawnSync(name, argv, {
      encoding: "utf8",
      // Not /dev/null: peers give what they find at stdin to the container's user. Coffer gets a pipe as well.
      input: "",
      timeout: 60_000,
    });
    return { exitCode: status, stdout, stderr };
  };

const coffer =
  (runtime: Runtime): Run =>
  async (bundle) => {
    const { exitCode, signal, stdout, stderr } = await run({ bundle: bundle.path, id: bundle.tag, runtime, input: "" });
    return { exitCode: exitCode ?? null, stdout, stderr: `${stderr}${signal ?? ""}` };
  };

/** The facts of one run, or what went wrong. The guest is thrown away, so a row's preparation may act on all of it. */
async function factsOf(row: Row, runIt: Run): Promise<FlatFacts | string> {
  const args = row.facts === undefined ? {} : { "/process/args": ["/probe", "facts", ...row.facts] };
  const bundle = makeGuestBundle({ ...row.patch, ...args });
  try {
    if (row.before !== undefined) execFileSync("sh", ["-ec", row.before], { cwd: bundle.base, stdio: "pipe" });
    const { exitCode, stdout, stderr } = await runIt(bundle);
    if (exitCode !== 0) return `${exitCode} ${stderr}${stdout.slice(0, 400)}`;
    return flatten(parseFacts(stdout), bundle);
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
}

/** Whether a fact of this row is deliberately another than the peers'. */
const deliberate = (name: string, row: Row): boolean =>
  [...differences, ...guestDifferences].some(
    ({ fact, row: which }) => fact.test(name) && (which?.test(row.title) ?? true),
  );

/** The facts of coffer that no peer has. */
function surprises(ours: FlatFacts, peers: readonly FlatFacts[], row: Row): readonly string[] {
  const names = new Set([ours, ...peers].flatMap((facts) => Object.keys(facts)));
  return [...names].sort().flatMap((name) => {
    const theirs = peers.map((facts) => facts[name]);
    if (theirs.includes(ours[name]) || deliberate(name, row)) return [];
    return [`${name}: coffer ${ours[name]}, peers ${theirs.join(" | ")}`];
  });
}

/** What is wrong with a row (surprises, or what coffer said), and what peers that do not run it said. */
export type Comparison = { readonly wrong: readonly string[]; readonly notes: readonly string[] };

/** Runs a row. */
export async function compare(runtime: Runtime, row: Row): Promise<Comparison> {
  const ours = await factsOf(row, coffer(runtime));
  const crun = await factsOf(row, peer("crun"));
  if (typeof ours !== "string" && typeof crun !== "string" && surprises(ours, [crun], row).length === 0) {
    return { wrong: [], notes: [] };
  }
  const runc = await factsOf(row, peer("runc"));
  const peers = [crun, runc].filter((facts) => typeof facts !== "string");
  const notes = Object.entries({ crun, runc }).flatMap(([name, facts]) =>
    typeof facts === "string" ? [`${name}: ${facts}`] : [],
  );
  if (peers.length === 0) return { wrong: [], notes: [...notes, "no peer runs it"] };
  return { wrong: typeof ours === "string" ? [`coffer: ${ours}`] : surprises(ours, peers, row), notes };
}
