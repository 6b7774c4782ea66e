// Two or three rows of the corpus in one bundle: what each asks for alone is carried out as by the peers, and so are all together.
// Nightly: others each day. COFFER_PAIRS names how many, COFFER_SEED which.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { needs } from "../helpers/needs.ts";
import { factsOf, peerNames, surprises } from "./compare.ts";
import type { Row } from "./rows.ts";
import { rows } from "./rows.ts";

const count = Number(process.env.COFFER_PAIRS ?? 200);
const seed = Number(process.env.COFFER_SEED ?? Math.floor(Date.now() / 86_400_000));

/** Whether a row can be one of several. No path of a cgroup: a peer may take one that two rows make together for the root. */
function isPlain({ exec, peers, mode, patch = {} }: Row): boolean {
  const isOwn = exec === undefined && peers === undefined && (mode ?? "v2") === "v2";
  // Nor locked mounts, which do not go with every word of the other row.
  const isLocked = JSON.stringify(patch["/annotations"] ?? {}).includes("coffer.lock-mounts");
  return isOwn && !isLocked && !Object.keys(patch).some((at) => at === "/linux" || at.includes("cgroupsPath"));
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

/** Whether two rows can be asked for together: one script, one kind of streams, and no place twice. */
function fits(a: Row, b: Row): boolean {
  const isTaken = (["before", "terminal", "streams"] as const).some(
    (key) => a[key] !== undefined && b[key] !== undefined,
  );
  const isBoth =
    [a, b].some(({ terminal }) => terminal !== undefined) && [a, b].some(({ streams }) => streams !== undefined);
  return a !== b && !isTaken && !isBoth && !overlaps(a, b);
}

function together(some: readonly Row[]): Row {
  const facts = some.flatMap((row) => row.facts ?? []);
  const titles = some.map(({ title }) => title);
  const patch = Object.assign({}, ...some.map((row) => row.patch));
  const title = titles.join(" + ");
  return { ...Object.assign({}, ...some), title, of: titles, patch, ...(facts.length === 0 ? {} : { facts }) };
}

/** Two or three rows, the same never again. */
function combinations(): readonly Row[] {
  const random = makeRandom(seed);
  const plain = rows.filter(isPlain);
  const found = new Map<string, Row>();
  while (found.size < count) {
    const some = Array.from({ length: 2 + random(2) }, () => plain[random(plain.length)] ?? []).flat();
    const isGood = some.every((a, index) => some.slice(index + 1).every((b) => fits(a, b)));
    if (isGood) found.set(some.map(({ title }) => title).join(), together(some));
  }
  return [...found.values()];
}

/** What a peer says of a bundle may be that it cannot be made. */
async function ask(t: ExecutionContext, name: (typeof peerNames)[number], row: Row) {
  return factsOf(t, name, row).catch((error: unknown) => String(error));
}

const isCarriedOut = test.macro({
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

for (const row of combinations()) test.serial(isCarriedOut, row);
