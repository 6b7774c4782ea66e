// Small modules of bytes, for tests.

const leb = (value: number): readonly number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);

/** A vector of things. */
export const vector = (...parts: readonly (readonly number[])[]): readonly number[] => [
  ...leb(parts.length),
  ...parts.flat(),
];

/** A name. */
export function text(name: string): readonly number[] {
  const bytes = new TextEncoder().encode(name);
  return [...leb(bytes.length), ...bytes];
}

/** A section. */
export const section = (id: number, content: readonly number[]): readonly number[] => [
  id,
  ...leb(content.length),
  ...content,
];

/** Magic number and version. */
export const head: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const start = [...text("_start"), 0, 0];
const memory = [...text("memory"), 2, 0];

/** The sections of a command that does nothing, by their numbers: an undefined one is left out. */
export const command: Readonly<Record<number, readonly number[] | undefined>> = {
  1: vector([0x60, 0, 0]),
  3: vector([0]),
  5: vector([0, 1]),
  7: vector(memory, start),
  10: vector([2, 0, 0x0b]),
};

/** A module of sections. */
export function moduleOf(sections: Readonly<Record<number, readonly number[] | undefined>>): Uint8Array {
  const parts = Object.entries(sections).flatMap(([id, content]) =>
    content === undefined ? [] : section(Number(id), content),
  );
  return Uint8Array.from([...head, ...parts]);
}
