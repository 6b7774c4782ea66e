// The same bundle and the same probe under coffer, runc and crun. A fact of coffer must be that of runc or that of
// crun (they differ among themselves), unless differences.ts says otherwise and why. What runc and crun answer is recorded
// in peers.json: they are asked for a row that is not, and where the record says otherwise than coffer.
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { baseConfig, withoutOwnIds } from "../helpers/config.ts";
import type { FlatFacts } from "../helpers/facts.ts";
import { patched, toJson } from "../helpers/json.ts";
import { has, needs } from "../helpers/needs.ts";
import type { Question } from "../helpers/peers/peer-record.ts";
import { hashOf, isAskedNow, isPeersUpdate, openPeerRecord } from "../helpers/peers/peer-record.ts";
import { beside, otherVersions } from "../helpers/peers/peers.ts";
import { isDaily, ofToday } from "../helpers/runner/daily.ts";
import { factsOf, peerNames, surprises, used } from "./compare.ts";
import { differences } from "./differences.ts";
import type { Row } from "./rows.ts";
import { rows } from "./rows.ts";

const record = openPeerRecord(join(import.meta.dirname, "peers.json"));

const questionOf = (row: Row): Question => {
  const { title, patch = {}, ...rest } = row;
  return { title, bundle: hashOf(withoutOwnIds(toJson(patched(baseConfig(), patch))), JSON.stringify(rest)) };
};

/** The facts of those peers that ran the bundle; why another did not is in the log. Asked now, or as they are recorded. */
async function factsOfPeers(t: ExecutionContext, row: Row, isAsked: boolean): Promise<readonly FlatFacts[]> {
  const question = questionOf(row);
  const answers = await Promise.all(
    (row.peers ?? peerNames).map(async (name) => {
      const recorded = isAsked ? undefined : await record.read(name, question);
      if (recorded !== undefined || !(await has(name))) return recorded ?? `${name}: not installed, and not recorded`;
      if (!isAsked) t.log(`${name} is not recorded: UPDATE_PEERS=1 npx ava test/conformance`);
      return record.ask(name, question, () => factsOf(t, name, row));
    }),
  );
  return answers.filter((answer) => {
    if (typeof answer === "string") t.log(answer);
    return typeof answer !== "string";
  });
}

const sameFacts = test.macro({
  exec: async (t, row: Row) => {
    if (!(await needs(t, "root", "userns", ...(isPeersUpdate ? peerNames : [])))) return;
    const first = process.env.COFFER_TEST_PEERS === "1" ? "runc" : "coffer";
    const ours = await factsOf(t, first, row);
    if (typeof ours === "string") return void t.fail(ours);
    const isAsked = isAskedNow(questionOf(row).bundle);
    let peers = await factsOfPeers(t, row, isAsked);
    const other = surprises(ours, peers, row);
    if (!isAsked && (peers.length === 0 || other.length > 0)) {
      for (const line of other) t.log(`recorded otherwise: ${line}`);
      peers = await factsOfPeers(t, row, true);
    }
    await beside(t, peerNames, (tt) => {
      if (peers.length === 0) tt.fail("no peer ran the bundle");
      else tt.deepEqual(surprises(ours, peers, row), []);
    });
  },
  title: (_provided, row: Row) => row.title,
});

/** `npm test` runs one row of twenty; `npm run test:all` runs a quarter of the others after it (ava.config.js). */
const isQuick = process.env.COFFER_TESTS?.split(" ").includes("quick") ?? false;
const isPart = isQuick || isDaily;
const isSampled = (index: number): boolean => index % 20 === 0;
const part = ofToday(
  rows.filter((_row, index) => !isPart || isSampled(index) === isQuick),
  4,
);

for (const row of part) test.serial(sameFacts, row);

test.after("what the peers have answered is recorded", () => {
  if (isPeersUpdate) record.write(rows.map(({ title }) => title));
});

test.after("every deliberate difference was met", async (t) => {
  if (isPart) return t.log("not judged: a part of the rows was run");
  const others = await otherVersions(peerNames);
  if (others.length > 0) return t.log(`not judged: the differences are of other versions than ${others.join(", ")}`);
  const unused = differences.filter((_difference, index) => !used.has(index));
  t.deepEqual(
    unused.map((difference) => difference.reason),
    [],
  );
});
