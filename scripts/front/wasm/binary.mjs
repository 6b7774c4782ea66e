// The binary format of WebAssembly, as far as modules are changed here.

/** Sections by their numbers. */
export const numbers = { imports: 2, globals: 6, exports: 7, code: 10, data: 11, dataCount: 12 };
/** Kinds of an import or export. */
export const kinds = { function: 0, global: 3 };

export function readSize(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return [value, at];
  }
}

export function writeSize(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

export function readText(bytes, at) {
  const [size, start] = readSize(bytes, at);
  return [bytes.toString("utf8", start, start + size), start + size];
}

/** The sections: their number, and where each begins, its content begins, and it ends. */
function readSections(wasm) {
  const sections = [];
  for (let at = 8; at < wasm.length; ) {
    const [size, start] = readSize(wasm, at + 1);
    sections.push({ number: wasm[at], at, start, end: start + size });
    at = start + size;
  }
  return sections;
}

/** Where the content of a section begins. */
export function findSection(wasm, number) {
  const found = readSections(wasm).find((section) => section.number === number);
  if (found === undefined) throw new Error(`the engine has no section ${number}`);
  return found.start;
}

/** A module with other sections: `change` gives the content of one, undefined to leave it out, and `true` for the same. */
export function withSections(wasm, change) {
  const parts = readSections(wasm).map(({ number, at, start, end }) => {
    const content = change(number, start, end);
    if (content === true) return wasm.subarray(at, end);
    return content === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([number]), writeSize(content.length), content]);
  });
  return Buffer.concat([wasm.subarray(0, 8), ...parts]);
}

/** A list with more entries behind its own. */
export function withEntries(wasm, start, end, entries) {
  const [count, first] = readSize(wasm, start);
  return Buffer.concat([writeSize(count + entries.length), wasm.subarray(first, end), ...entries]);
}

/** How many functions are imported. Their numbers come first. */
export function countImports(wasm) {
  let [count, at] = readSize(wasm, findSection(wasm, numbers.imports));
  for (let left = count; left > 0; left--) {
    [, at] = readText(wasm, at);
    [, at] = readText(wasm, at);
    if (wasm[at] !== kinds.function) throw new Error("the engine imports something other than functions");
    [, at] = readSize(wasm, at + 1);
  }
  return count;
}

/** The section of code, whose bodies are what `change` gives of each. A body is there with its size. */
export function withBodies(wasm, start, change) {
  const [count, first] = readSize(wasm, start);
  const parts = [writeSize(count)];
  for (let index = 0, at = first; index < count; index++) {
    const [size, inside] = readSize(wasm, at);
    parts.push(change(wasm.subarray(at, inside + size), index));
    at = inside + size;
  }
  return Buffer.concat(parts);
}
