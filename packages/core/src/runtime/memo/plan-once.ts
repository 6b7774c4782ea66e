// Planned once: runs that differ in nothing but the id that was made for each have plans that differ in nothing but that id.
import { requireVerified } from "../../verify/index.ts";
import type { Plan, PlanOp } from "../../wire/op.ts";
import type { Image } from "../launch/image.ts";

/** A plan of one id, from which those of other ids are made. */
interface Template {
  readonly id: string;
  readonly image: Image;
  /** Where the id is in the image. */
  readonly places: readonly number[];
  /** Which ops have it. */
  readonly ops: ReadonlySet<PlanOp>;
  /** A plan that was made of it is the same as one that was planned; `useless` where that was not so. */
  state: "once" | "proven" | "useless";
}

/** How many are kept: those that were used last. */
const mostTemplates = 8;
const templates = new Map<string, Template>();

/** An id whose digits nothing else has by chance. */
const madeId = /^run-([0-9a-f]{16})$/;

const exactly = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return { bigint: `${value}` };
  return value instanceof Uint8Array ? { bytes: [...value] } : value;
};

/** All that a plan depends on, as a text: values that are the same have the same text, and others another. */
export const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts, exactly);

const bytesOf = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

function placesOf(bytes: Uint8Array, text: string): readonly number[] {
  const letters = bytesOf(text);
  const [first = 0] = letters;
  const places: number[] = [];
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (letters.every((letter, index) => bytes[at + index] === letter)) places.push(at);
  return places;
}

function renameValue(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string") return value.replaceAll(from, to);
  return Array.isArray(value) ? value.map((one) => renameValue(one, from, to)) : value;
}

function renameOp(op: PlanOp, from: string, to: string): PlanOp {
  const copy = { ...op };
  for (const [key, value] of Object.entries(copy)) Reflect.set(copy, key, renameValue(value, from, to));
  return copy;
}

/** The image for another id of the same length. */
function rename({ id, image, places, ops }: Template, to: string): Image {
  const bytes = image.bytes.slice();
  const letters = bytesOf(to);
  for (const place of places) bytes.set(letters, place);
  const plan: Plan = { ...image.plan, ops: image.plan.ops.map((op) => (ops.has(op) ? renameOp(op, id, to) : op)) };
  return { ...image, plan, bytes };
}

function keep(key: string, id: string, image: Image): void {
  const [, digits] = madeId.exec(id) ?? [];
  if (digits === undefined || key.includes(digits)) return;
  const places = placesOf(image.bytes, id);
  // Where the digits alone are too, something was made of the id that is not the id.
  if (placesOf(image.bytes, digits).length !== places.length) return;
  const [oldest] = templates.size < mostTemplates ? [] : templates.keys();
  if (oldest !== undefined) templates.delete(oldest);
  const ops = new Set(image.plan.ops.filter((op) => keyOf(op).includes(id)));
  templates.set(key, { id, image, places, ops, state: "once" });
}

/**
 * The image for an id that was made for it. The first and the second of a key are planned. When the second is what would have
 * been made of the first, those that follow are made of it. Each is verified.
 */
export function planOnce(key: string, id: string, plan: () => Image): Image {
  const template = templates.get(key);
  if (template === undefined || template.state === "useless" || !madeId.test(id)) {
    const image = plan();
    if (template === undefined) keep(key, id, image);
    return image;
  }
  templates.delete(key);
  templates.set(key, template);
  const made = rename(template, id);
  if (template.state === "proven") {
    requireVerified(made.bytes);
    return made;
  }
  const image = plan();
  template.state = keyOf(image) === keyOf(made) ? "proven" : "useless";
  return image;
}
