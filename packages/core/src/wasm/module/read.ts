// What of a module has to be known before it is translated: its types, imports, exports, memory and sizes. The translator
// checks the rest: it reads the module in a sandbox.
import { quote } from "../../errors.ts";
import type { ModuleReader } from "./bytes.ts";
import { invalidModule, moduleReader } from "./bytes.ts";
import { checkHead } from "./head.ts";
import type { Kind, Module, ModuleMemory } from "./module.ts";
import { kinds } from "./module.ts";

const sectionNames = [
  ...["custom", "type", "import", "function", "table", "memory", "global", "export"],
  ...["start", "element", "code", "data", "data count", "tag"],
];

/** The letters of value types. */
const letters: Readonly<Record<number, string>> = {
  127: "i",
  126: "I",
  125: "f",
  124: "F",
  123: "v",
  112: "r",
  111: "r",
};

type Found = { -readonly [K in keyof Module]: Module[K] extends readonly (infer T)[] ? T[] : Module[K] } & {
  types: string[];
  customNames: number;
};

/** As many parameters, and as many results, as engines take. */
const mostValues = 1000;

function readValueTypes(reader: ModuleReader): string {
  let text = "";
  const first = reader.at();
  const count = reader.count();
  if (count > mostValues) reader.fail(`has a type of more than ${mostValues} parameters or results`, first);
  for (let left = count; left > 0; left -= 1) {
    const begin = reader.at();
    text += letters[reader.byte()] ?? reader.fail("has a type that is not supported", begin);
  }
  return text;
}

function readTypes(reader: ModuleReader, found: Found): void {
  each(reader, () => {
    const begin = reader.at();
    if (reader.byte() !== 0x60)
      reader.fail("has a type that is no function: garbage collection is not supported", begin);
    const parameters = readValueTypes(reader);
    const results = readValueTypes(reader);
    found.types.push(`${parameters}:${results}`);
    found.hasTuples ||= results.length > 1;
  });
}

function typeAt(reader: ModuleReader, found: Found): string {
  const begin = reader.at();
  return found.types[reader.u32()] ?? reader.fail("names a type that it does not have", begin);
}

function readLimits(reader: ModuleReader): ModuleMemory {
  const flags = reader.byte();
  if (flags > 7) reader.fail("has limits that are not supported", reader.at() - 1);
  const is64 = (flags & 4) !== 0;
  if (is64) reader.fail("has a memory of 64-bit addresses (memory64), which is not supported", reader.at() - 1);
  const pages = reader.u32();
  return { pages, most: (flags & 1) === 0 ? undefined : reader.u32(), isShared: (flags & 2) !== 0, is64 };
}

function kindAt(reader: ModuleReader): Kind {
  const begin = reader.at();
  return kinds[reader.byte()] ?? reader.fail("imports or exports a thing of an unknown kind", begin);
}

function readImport(reader: ModuleReader, found: Found): void {
  const offset = reader.at();
  const module = reader.name();
  const name = reader.name();
  const kind = kindAt(reader);
  const type = kind === "function" ? typeAt(reader, found) : undefined;
  if (kind === "table") reader.skip(1);
  if (kind === "table" || kind === "memory") readLimits(reader);
  if (kind === "global") reader.skip(2);
  if (kind === "tag") reader.fail("imports a tag: exceptions are not supported", offset);
  found.imports.push({ module, name, kind, type, offset });
}

/** As many types, functions, imports and exports as engines take. */
const mostOfEach = 1_000_000;

function each(reader: ModuleReader, read: () => void): void {
  const begin = reader.at();
  const count = reader.count();
  if (count > mostOfEach) reader.fail(`has more than ${mostOfEach} of a kind`, begin);
  for (let left = count; left > 0; left -= 1) read();
}

/** Toolchains write about ten custom sections: names, producers, debug information. */
const mostCustom = 1000;
/** Bytes of their names. */
const mostCustomNames = 64 * 1024;

/** A custom section. Each other kind of section is there once, but of these a small module could have millions. */
function readCustom(reader: ModuleReader, found: Found, begin: number): void {
  if (found.custom.length === mostCustom) reader.fail(`has more than ${mostCustom} custom sections`, begin);
  const first = reader.at();
  found.custom.push(reader.name());
  found.customNames += reader.at() - first;
  if (found.customNames > mostCustomNames)
    reader.fail(`has more than ${mostCustomNames} bytes of names of custom sections`, begin);
}

/** The sections that are read, by their numbers. */
const readers: Readonly<Record<number, (reader: ModuleReader, found: Found) => void>> = {
  1: readTypes,
  2: (reader, found) => each(reader, () => readImport(reader, found)),
  3: (reader, found) => each(reader, () => found.functions.push(typeAt(reader, found))),
  5: (reader, found) => each(reader, () => found.memories.push(readLimits(reader))),
  7: (reader, found) =>
    each(reader, () => {
      const name = reader.name();
      found.exports.push({ name, kind: kindAt(reader), index: reader.u32() });
    }),
  10: (reader, found) => {
    found.codeSize = reader.end - reader.at();
    const begin = reader.at();
    if (reader.count() !== found.functions.length) reader.fail("has not as many bodies as functions", begin);
    for (const _ of found.functions) {
      const size = reader.u32();
      found.longestBody = Math.max(found.longestBody, size);
      reader.skip(size);
    }
  },
  11: (reader, found) => {
    found.dataSize = reader.end - reader.at();
    reader.skip(reader.end - reader.at());
  },
};

/** Where each section may come: they are in order, but for tags and the count of data segments. */
const order = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6] as const;

/**
 * Reads a module.
 *
 * @throws {CofferError} E_MODULE_INVALID with section and offset
 */
export function readModule(bytes: Uint8Array): Module {
  checkHead(bytes);
  const found: Found = {
    size: bytes.length,
    types: [],
    imports: [],
    exports: [],
    memories: [],
    functions: [],
    codeSize: 0,
    dataSize: 0,
    longestBody: 0,
    hasTuples: false,
    custom: [],
    customNames: 0,
  };
  const reader = moduleReader(bytes, 8, bytes.length);
  let last = 0;
  while (!reader.isAtEnd()) {
    const begin = reader.at();
    const id = reader.byte();
    const name = sectionNames[id] ?? reader.fail(`has an unknown section ${id}`, begin);
    const part = reader.part(reader.u32(), name);
    if (id === 0) {
      readCustom(part, found, begin);
      continue;
    }
    const place = order[id] ?? 0;
    if (place <= last) reader.fail(`has its section ${quote(name)} twice, or out of order`, begin);
    last = place;
    readers[id]?.(part, found);
    if (readers[id] !== undefined && !part.isAtEnd()) part.fail("has bytes behind the end of a section");
  }
  if (found.functions.length > 0 && found.codeSize === 0)
    throw invalidModule("is truncated: it has no code", { offset: reader.at() });
  const { types: _types, customNames: _customNames, ...module } = found;
  return module;
}
