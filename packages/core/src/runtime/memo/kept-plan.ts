// Plans of containers whose bundle was run before (decision 0054). A plan is a pure function of config, facts and options. It is kept by
// the digest of these: without the id, and without the words and variables of its program.
import type { Config } from "@coffer/spec";
import type { System } from "../../system/port.ts";
import { verifyPlan } from "../../verify/index.ts";
import type { Place } from "../../wire/fill.ts";
import { findRuns, runOf } from "../../wire/fill.ts";
import type { Plan } from "../../wire/op.ts";
import { encodeText } from "../../wire/utf8.ts";
import type { Image } from "../launch/image.ts";
import { removesCgroups } from "../launch/image.ts";
import type { Runtime } from "../runtime.ts";
import { joinContent, splitContent } from "../sandbox/known/store.ts";
import type { Planning } from "./kept-question.ts";
import { findFile, shapeOf } from "./kept-question.ts";

/** What is said of an image that is kept. */
interface Said {
  /** Where the id is. */
  readonly ids: readonly number[];
  /** Where the words and the variables of the program were. */
  readonly runs: readonly Place[];
  readonly inputs: Plan["inputs"];
  readonly removes: boolean;
}

/** Contents of one byte: the question was asked once; its plan is made each time. */
const [once, never] = [Uint8Array.of(0), Uint8Array.of(1)];

/** A larger plan would be no file that is read. */
const mostImage = 1 << 19;

/** The words and the variables of the program, as they are in an image. */
const runsOf = ({ process }: Config): readonly Uint8Array[] => [process?.args ?? [], process?.env ?? []].map(runOf);

/** Puts an id, and what the config says of the program, into an image. Undefined for one into which they do not fit. */
function fill(image: Uint8Array, { ids, runs }: Said, { bundle, options }: Planning): Uint8Array | undefined {
  const letters = encodeText(options.id) ?? new Uint8Array();
  const told = runsOf(bundle.config);
  const parts = [
    ...ids.map((at) => ({ at, length: letters.length, bytes: letters })),
    ...told.map((bytes, index) => ({ ...(runs[index] ?? { at: 0, length: -1 }), bytes })),
  ];
  if (parts.some(({ at, length, bytes }) => bytes.length !== length || at + length > image.length)) return undefined;
  const filled = image.slice();
  for (const { at, bytes } of parts) filled.set(bytes, at);
  return filled;
}

/** An id of the same shape, which has another letter at each place; nothing else has it by chance, unless it is short. */
function standIn({ randomId }: System, id: string): string {
  const random = randomId();
  const other = (letter: string, at: number): string => {
    if (shapeOf(letter) !== "a") return letter;
    const drawn = random[at % random.length];
    return drawn === undefined || drawn === letter ? (letter === "x" ? "y" : "x") : drawn;
  };
  return [...id].map(other).join("");
}

/** Where one image has an id, and another, at the same place, that of its own. */
function placesOf(one: Uint8Array, id: string, other: Uint8Array, otherId: string): readonly number[] {
  const letters = encodeText(id) ?? new Uint8Array();
  const others = encodeText(otherId) ?? new Uint8Array();
  const [first = 0] = letters;
  const places: number[] = [];
  for (let at = one.indexOf(first); at >= 0; at = one.indexOf(first, at + 1))
    if (letters.every((letter, index) => one[at + index] === letter && other[at + index] === others[index]))
      places.push(at);
  return places;
}

/**
 * What to keep of a plan. The container is planned for another id too. If the two plans differ in nothing but the ids, the one can
 * be made of the other, and so can those of further ids. Undefined if that is not so.
 */
function learn(system: System, planning: Planning, { plan, bytes }: Image): Uint8Array | undefined {
  const { id } = planning.options;
  const other = standIn(system, id);
  const runs = findRuns(bytes, "exec", ["args", "env"]);
  const isUsual = (plan.warnings ?? []).length === 0 && bytes.length <= mostImage;
  if (other === id || runs === undefined || !isUsual) return undefined;
  const { bytes: kept } = planning.plan(other);
  const ids = placesOf(kept, other, bytes, id);
  for (const { at, length } of runs) kept.fill(0, at, at + length);
  const said: Said = { ids, runs, inputs: plan.inputs, removes: removesCgroups({ plan }) };
  const made = fill(kept, said, planning);
  return made !== undefined && system.digest(made) === system.digest(bytes) ? joinContent(said, kept) : undefined;
}

/** The image of a plan that was kept, verified. Its ops are planned when something has to be said of one. */
function recall(content: Uint8Array, planning: Planning): Image | undefined {
  const { text, bytes } = splitContent(content);
  const said: Said = JSON.parse(text);
  const filled = fill(bytes, said, planning);
  if (filled === undefined || !verifyPlan(filled).ok) return undefined;
  let planned: Plan | undefined;
  const plan: Plan = {
    kind: "create",
    inputs: said.inputs,
    get ops() {
      planned ??= planning.plan(planning.options.id).plan;
      return planned.ops;
    },
  };
  return { plan, bytes: filled, made: true, removes: said.removes };
}

/**
 * Plans a container, or takes the plan of an earlier one of the same question. The first plan of a question is not kept: most
 * bundles are run once.
 */
export function planKept(runtime: Runtime, planning: Planning): Image {
  const file = findFile(runtime, planning);
  const content = file?.read();
  const known = content !== undefined && content.length > 1 ? recall(content, planning) : undefined;
  if (known !== undefined) {
    runtime.debug?.(`a plan that was kept: ${file?.path}`);
    return known;
  }
  const image = planning.plan(planning.options.id);
  if (content === undefined) file?.write(once);
  else if (content[0] === once[0] && content.length === 1) file?.write(learn(runtime.system, planning, image) ?? never);
  return image;
}
