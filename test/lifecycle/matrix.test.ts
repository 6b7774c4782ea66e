// Every verb in every state that it can meet: the answers as a table, held against runc, which is asked the same.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { cleanUp, nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { Runtime, StateName, Subject } from "./states.ts";
import { makeSubject, states } from "./states.ts";

const verbs = {
  state: (id: string) => ["state", id],
  list: () => ["list"],
  ps: (id: string) => ["ps", id],
  events: (id: string) => ["events", "--stats", id],
  exec: (id: string) => ["exec", id, "/probe", "exit", "0"],
  update: (id: string) => ["update", "--pids-limit", "20", id],
  create: (id: string, bundle: string) => ["create", "--bundle", bundle, id],
  run: (id: string, bundle: string) => ["run", "--bundle", bundle, id],
  pause: (id: string) => ["pause", id],
  resume: (id: string) => ["resume", id],
  start: (id: string) => ["start", id],
  kill: (id: string) => ["kill", id, "KILL"],
  delete: (id: string) => ["delete", id],
  "delete --force": (id: string) => ["delete", "--force", id],
} as const;
type VerbName = keyof typeof verbs;

/** After these, where they succeed, the container is in another state. */
const changes: ReadonlySet<string> = new Set([
  ...["create", "run", "pause", "resume", "start", "kill", "delete", "delete --force"],
]);

/** It succeeds, with this on standard output; or it fails, with this on standard error. */
type Answer = { readonly ok: boolean; readonly says: RegExp };
const does = (says = /(?:)/): Answer => ({ ok: true, says });
const no = (says: RegExp): Answer => ({ ok: false, says });
type Row = Readonly<Record<VerbName, Answer>>;

const all = (answer: Answer): Row => ({
  ...{ state: answer, list: answer, ps: answer, events: answer, exec: answer, update: answer, create: answer },
  ...{ run: answer, pause: answer, resume: answer, start: answer, kill: answer, delete: answer },
  "delete --force": answer,
});

const taken = no(/container with given ID already exists/);
const notRunning = no(/container not running/);
const notPaused = no(/container not paused/);
const busy = no(/is busy: another verb works on it/);
const alive: Row = { ...all(does()), create: taken, run: taken, resume: notPaused };
const ended: Row = {
  ...alive,
  state: does(/"status": *"stopped"/),
  list: does(/ 0 +stopped /),
  events: no(/is not running/),
  exec: no(/cannot exec in a stopped container/),
  ...{ update: notRunning, pause: notRunning, kill: notRunning },
  start: no(/cannot start a container that has stopped/),
};

const matrix: Readonly<Record<StateName, Row>> = {
  gone: { ...all(no(/does not exist/)), list: does(/^ID.*\n$/), create: does(), run: does(), "delete --force": does() },
  creating: {
    ...ended,
    state: does(/"status": *"creating"/),
    list: does(/ 0 +creating /),
    exec: no(/cannot exec in a creating container/),
    ...{ update: busy, pause: busy, resume: busy, start: busy, delete: busy, "delete --force": busy },
  },
  created: { ...alive, state: does(/"status": *"created"/), list: does(/ \d+ +created /) },
  running: {
    ...alive,
    state: does(/"status": *"running"/),
    list: does(/ \d+ +running /),
    start: no(/cannot start an already running container/),
    delete: no(/cannot delete container \S+ that is not stopped: running/),
  },
  paused: {
    ...alive,
    state: does(/"status": *"paused"/),
    list: does(/ \d+ +paused /),
    exec: no(/cannot exec in a paused container/),
    pause: notRunning,
    resume: does(),
    start: no(/cannot start a container in the paused state/),
    delete: no(/cannot delete container \S+ that is not stopped: paused/),
  },
  stopped: ended,
  corrupted: {
    ...all(no(/cannot read the state of container/)),
    list: does(),
    create: taken,
    run: taken,
    "delete --force": does(),
  },
  "of another boot": ended,
};

/** What runc answers otherwise, and why. */
const runcDiffers: Partial<Readonly<Record<StateName, Partial<Row>>>> = {
  // It says what its decoder says, and has no way to take such a container away.
  corrupted: { ...all(no(/unexpected EOF/)), list: does(), create: taken, run: taken },
};

/** States that runc does not have: it locks nobody out, and asks for the start time of a process alone. */
const ours: readonly StateName[] = ["creating", "of another boot"];

function check(t: ExecutionContext, what: string, { ok, says }: Answer, outcome: Awaited<ReturnType<Subject["verb"]>>) {
  t.is(outcome.exitCode === 0, ok, `${what}: ${outcome.exitCode} ${outcome.stderr}`);
  t.regex(ok ? outcome.stdout : outcome.stderr, says, what);
}

async function askEach(t: ExecutionContext, subject: Subject, state: StateName, row: Row, words: Words): Promise<void> {
  const last = Object.keys(row).at(-1);
  await subject.enter(state);
  for (const [name, answer] of Object.entries(row)) {
    check(t, `${name} ${state}`, answer, await subject.verb(...words(name)));
    if (!answer.ok || !changes.has(name) || name === last) continue;
    await subject.leave();
    await subject.enter(state);
  }
  await subject.leave();
}

/** None of them changes anything, and some wait for the lock: all at once. */
async function askAtOnce(t: ExecutionContext, subject: Subject, state: StateName, row: Row, words: Words) {
  await subject.enter(state);
  const asked = Object.entries(row).map(async ([name, answer]) =>
    check(t, `${name} ${state}`, answer, await subject.verb(...words(name))),
  );
  await Promise.all(asked);
  await subject.leave();
}

type Words = (name: string) => readonly string[];

const meets = test.macro({
  title: (_, runtime: Runtime, state: StateName) => `${runtime}: every verb on a container that is ${state}`,
  exec: async (t, runtime: Runtime, state: StateName) => {
    if (!(await needs(t, "root", ...(runtime === "runc" ? (["runc"] as const) : [])))) return;
    const box = makeBox(t);
    const row = { ...matrix[state], ...(runtime === "runc" ? runcDiffers[state] : {}) };
    const words: Words = (name) => Object.entries(verbs).find(([verb]) => verb === name)?.[1](box.tag, box.path) ?? [];
    const ask = state === "creating" ? askAtOnce : askEach;
    const check = (tt: ExecutionContext) => ask(tt, makeSubject(runtime, box), state, row, words);
    await (runtime === "runc" ? beside(t, [runtime], check) : check(t));
    // Only the record said which cgroups were the container's.
    if (runtime === "runc" || state === "corrupted") cleanUp(box);
    if (runtime === "coffer") await nothingLeft(t, box, box.before);
  },
});

for (const state of states) {
  test.serial(meets, "coffer", state);
  if (!ours.includes(state)) test.serial(meets, "runc", state);
}
