// Two rows of the corpus in one bundle: what each asks for alone is carried out as by the peers, and so is both together.
// Nightly: other pairs each day. COFFER_PAIRS names how many, COFFER_SEED which.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { needs } from "../helpers/needs.ts";
import { factsOf, peerNames, surprises } from "./compare.ts";
import type { Row } from "./rows.ts";
import { rows } from "./rows.ts";

const count = Number(process.env.COFFER_PAIRS ?? 200);
const seed = Number(process.env.COFFER_SEED ?? Math.floor(Date.now() / 86_400_000));

/** Whether a row is a config alone. No path of a cgroup: a peer may take one that two rows make together for the root. */
function isPlain({ exec, before, terminal, streams, peers, mode, patch = {} }: Row): boolean {
  const isConfig = [exec, before, terminal, streams, peers].every((one) => one === undefined);
  return (
    isConfig &&
    (mode ?? "v2") === "v2" &&
    !Object.keys(patch).some((at) => at === "/linux" || at.includes("cgroupsPath"))
  );
}

/** The places of the config that a row changes. A mount that is added has one name, whatever its index. */
const placesOf = ({ patch = {} }: Row): readonly string[] =>
  Object.keys(patch).map((at) => at.replace(/^\/mounts\/\d+$/, "/mounts/-"));

/** Whether two rows change the same place of the config, or one what is beneath the other's. */
function overlaps(a: Row, b: Row): boolean {
  const places = placesOf(a);
  return placesOf(b).some((at) =>
    places.some((place) => at === place || at.startsWith(`${place}/`) || place.startsWith(`${at}/`)),
  );
}

function pair(a: Row, b: Row): Row {
  const facts = [...(a.facts ?? []), ...(b.facts ?? [])];
  const title = `${a.title} + ${b.title}`;
  return { title, of: [a.title, b.title], patch: { ...a.patch, ...b.patch }, ...(facts.length === 0 ? {} : { facts }) };
}

/** Pairs of rows, each once. */
function pairs(): readonly Row[] {
  const random = makeRandom(seed);
  const plain = rows.filter(isPlain);
  const found = new Map<string, Row>();
  while (found.size < count) {
    const [a, b] = [plain[random(plain.length)], plain[random(plain.length)]];
    if (a && b && a !== b && !overlaps(a, b)) found.set(`${a.title} + ${b.title}`, pair(a, b));
  }
  return [...found.values()];
}

/** What a peer says of a bundle may be that it cannot be made. */
async function ask(t: ExecutionContext, name: (typeof peerNames)[number], row: Row) {
  return factsOf(t, name, row).catch((error: unknown) => String(error));
}

const together = test.macro({
  exec: async (t, row: Row) => {
    if (!(await needs(t, "root", "userns", ...peerNames))) return;
    const peers = [];
    for (const name of peerNames) peers.push(await ask(t, name, row));
    const ours = await factsOf(t, "coffer", row);
    const ran = peers.filter((answer) => typeof answer !== "string");
    for (const answer of peers) if (typeof answer === "string") t.log(answer);
    if (ran.length === 0 && typeof ours !== "string") t.log("only coffer runs it");
    // Where they differ among themselves, either answer is good. Where neither runs it, coffer may be the better one.
    if (ran.length < peerNames.length) t.pass();
    else if (typeof ours === "string") t.fail(ours);
    else t.deepEqual(surprises(ours, ran, row), []);
  },
  title: (_provided, row: Row) => row.title,
});

for (const row of pairs()) test.serial(together, row);
