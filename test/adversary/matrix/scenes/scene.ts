// One scene: an attacker with its rights, and all verbs while it attacks.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../../helpers/command.ts";
import { cgroupsOf, processesOf } from "../../../helpers/leftovers.ts";
import type { Actor } from "../actor.ts";
import { expected, within } from "../actor.ts";
import { makeApi } from "../api.ts";
import type { Book } from "../book.ts";
import { makeBook } from "../book.ts";
import { makeCli } from "../cli.ts";
import { reached, readTally } from "../tally.ts";
import type { Cell, Said } from "../types.ts";
import type { Verb } from "../verbs.ts";
import { isLeftOut } from "../verbs.ts";
import type { Stage, Subject } from "./stage.ts";
import { attackWords, changesOf, enterPod, lookAtHost, makeStage } from "./stage.ts";

/** What a verb may take: the patience with init, twice the end of a killed process, and what a busy machine adds. */
const boundMs = 30_000;
/** How long a new attacker attacks before it is killed. */
const attackMs = 12;
const sandboxMs = 60;

export type SceneOptions = {
  readonly rounds: number;
  readonly verbs?: readonly Verb[];
  readonly cli?: boolean;
  readonly untilLost?: boolean;
};

/** The means of the rounds. */
type Play = {
  readonly stage: Stage;
  readonly actor: Actor;
  readonly book: Book;
  /** Does a verb, if it is to be done here, and notes how it ended and what the attacker has reached meanwhile. */
  readonly does: (verb: Verb, act: () => Promise<Said>) => Promise<Said | undefined>;
};

const words = ["/probe", "exit", `${expected}`];

function makePlay(stage: Stage, { verbs, cli = false }: SceneOptions): Play {
  const actor = stage.runtime === "coffer" && !cli ? makeApi(stage) : makeCli(stage);
  const book = makeBook(stage);
  let host = lookAtHost(stage);
  const tallies = [stage.tally, join(stage.work, "tally")];
  let counted = tallies.map(readTally);
  const question = { rights: stage.rights, as: stage.as, attacker: stage.attacker.name };
  const does: Play["does"] = async (verb, act) => {
    if (isLeftOut(verb, question) || (verbs !== undefined && !verbs.includes(verb))) return undefined;
    const said = await within(boundMs, act());
    // What was reached since the verb before belongs to this one.
    const before = counted;
    counted = tallies.map(readTally);
    const got = counted.flatMap((after, index) => reached(before[index] ?? after, after));
    const now = lookAtHost(stage);
    book.note(verb, said, [...new Set([...got, ...changesOf(host, now), ...(stage.manager?.strange() ?? [])])]);
    host = now;
    return said;
  };
  return { stage, actor, book, does };
}

/** Has the attacker run, for a moment at least: it may have killed itself, or have taken too much memory. */
async function attacks({ stage, actor, book }: Play, id: string): Promise<void> {
  if ((await actor.pid(id)) > 0) return;
  await actor.remove(id);
  const made = await actor.create(id, stage.bundle.path);
  const said = made.how === "right" ? await actor.start(id) : made;
  if (said.how !== "right") book.note("start", said, []);
  await pause(30);
}

/** How an exec comes by the attacker: where that can make it wait, now and then. */
function execWords({ attacker }: Stage, round: number): { readonly words: readonly string[]; readonly cwd?: string } {
  if (attacker.name !== "staller" || round % 5 !== 0) return { words };
  return round % 10 === 0 ? { words, cwd: "/stall/none" } : { words: ["/program", ...words.slice(1)] };
}

/** Each verb once, of the attacker's container. */
async function onAttacker({ stage, actor, does }: Play, id: string, round: number): Promise<void> {
  const how = execWords(stage, round);
  await does("exec", () => actor.exec(id, how));
  await does("exec -t", () => actor.exec(id, { ...how, terminal: true }));
  await does("kill", () => actor.kill(id, "WINCH"));
  await does("ps", () => actor.ps(id));
  await does("events", () => actor.events(id));
  await does("update", () => actor.update(id));
  const paused = await does("pause", () => actor.pause(id));
  if (paused !== undefined) await does("resume", () => actor.resume(id));
  await does("checkpoint", () => actor.checkpoint(id, join(stage.bundle.base, `images-${round}`)));
}

/** A sandbox without a fence, and one with. */
async function sandboxes(does: Play["does"], act: (fence: boolean) => Promise<Said>): Promise<void> {
  await does("sandbox", () => act(false));
  await does("sandbox --fence", () => act(true));
}

/** Each verb once, of containers that are made beside the attacker. */
async function besideAttacker({ stage, actor, does }: Play, images: string | undefined): Promise<void> {
  const { bundle, members, rights } = stage;
  const id = `${bundle.tag}-m`;
  const made = await does("create", () => actor.create(id, members.stays));
  if (made?.how === "right") await does("start", () => actor.start(id));
  await does("delete", () => actor.remove(id));
  await does("run", () => actor.run(id, members.ends, "nowhere"));
  for (let twice = 0; twice < 2 && images !== undefined; twice += 1) {
    await does("restore", () => actor.restore(id, members.stays, images));
    await actor.remove(id);
  }
  const probe = [join(bundle.rootfs, "probe"), ...words.slice(1)];
  for (let twice = 0; twice < 2 && rights.name === "bind"; twice += 1)
    await sandboxes(does, (fence) => actor.sandbox(probe, bundle.rootfs, { ms: 5000, fence }));
}

/** A container whose own program attacks, from its first moment to its last. */
async function freshAttacker({ stage, actor, does }: Play, id: string, round: number): Promise<void> {
  const made = await does("create", () => actor.create(id, stage.bundle.path));
  const begun = made?.how === "right" ? await does("start", () => actor.start(id)) : undefined;
  if (begun?.how === "right") await pause(attackMs);
  if (made !== undefined) await does("delete", () => actor.remove(id));
  await does("run", async () => {
    const running = actor.run(id, stage.bundle.path, round % 2 === 0 ? "terminal" : "nowhere");
    await pause(attackMs * 4);
    await actor.kill(id, "KILL");
    // A container that has stopped its own processes ends when it is deleted.
    if ((await Promise.race([running, pause(3000)])) === undefined) await actor.remove(id);
    return running;
  });
  for (let twice = 0; twice < 2 && stage.rights.name === "none"; twice += 1) {
    const inside = attackWords(stage, join(stage.work, "tally"), stage.work);
    const told = inside.map((word) => word.replaceAll("$BASE", stage.bundle.base));
    const program = [join(stage.work, "adversary"), ...told];
    await sandboxes(does, (fence) => actor.sandbox(program, stage.work, { ms: sandboxMs, fence }));
  }
}

/** Images of a container that stays, made before anybody attacks. */
async function makeImages({ stage, actor }: Play, wanted: boolean): Promise<string | undefined> {
  if (!wanted) return undefined;
  const id = `${stage.bundle.tag}-i`;
  const images = join(stage.bundle.base, "images");
  await actor.create(id, stage.members.stays);
  await actor.start(id);
  const made = await actor.checkpoint(id, images);
  await actor.remove(id);
  return made.how === "right" ? images : undefined;
}

async function openPod({ stage, actor }: Play, id: string): Promise<void> {
  if (stage.rights.pod === undefined) return;
  await actor.create(id, stage.members.holder);
  await actor.start(id);
  enterPod(stage, await actor.pid(id));
}

/** What is left when all has been deleted. */
async function leftOf({ bundle }: Stage): Promise<readonly string[]> {
  const left = (): readonly string[] => [
    ...processesOf(bundle).filter((row) => !/ pty 24x80 | notify |sleep 100000/.test(row)),
    ...cgroupsOf(bundle),
    ...(existsSync(bundle.state) ? readdirSync(bundle.state) : []),
  ];
  for (const end = Date.now() + 10_000; left().length > 0 && Date.now() < end; ) await pause(20);
  return left().map((what) => `left: ${what.replaceAll(bundle.tag, "TAG").slice(0, 80)}`);
}

async function playAll(play: Play, options: SceneOptions): Promise<void> {
  const { stage, actor, book } = play;
  const [id, pod] = [`${stage.bundle.tag}-a`, `${stage.bundle.tag}-p`];
  const question = { rights: stage.rights, as: stage.as, attacker: stage.attacker.name };
  const images = await makeImages(play, !isLeftOut("restore", question) && options.verbs === undefined);
  await openPod(play, pod);
  const half = Math.ceil(options.rounds / 2);
  const isOver = (): boolean => book.isHopeless() || (options.untilLost === true && book.hasLost());
  for (let round = 0; round < options.rounds && !isOver(); round += 1) {
    await attacks(play, id);
    await onAttacker(play, id, round);
    if (round < half) await besideAttacker(play, images);
  }
  await play.does("delete", () => actor.remove(id));
  for (let round = 0; round < half && !isOver(); round += 1) await freshAttacker(play, id, round);
  await actor.remove(pod);
  book.leave(await leftOf(stage));
}

/** Plays a scene. */
export async function playScene(subject: Subject, options: SceneOptions): Promise<readonly Cell[]> {
  const stage = await makeStage(subject);
  try {
    const play = makePlay(stage, options);
    await playAll(play, options);
    return play.book.cells();
  } finally {
    await stage.end();
  }
}
