// Makes the module that is shipped out of the one that makes the image. The image has its data, and nothing needs its compiler any
// more (docs/decisions/0044-no-compiler.md). No function and no address moves.
import { cutPrefix } from "./edits.mjs";

/** Sections of the binary format. */
const imports = 2;
const exported = 7;
const code = 10;
const data = 11;
const dataCount = 12;
/** The kind of an import or export that is a function. */
const functionKind = 0;

/** A body: its size, no variables, unreachable, end. A call ends the program with one line (helper-c/front/host/trap.c). */
const unreachable = Buffer.from([3, 0, 0x00, 0x0b]);

function readSize(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return [value, at];
  }
}

function writeSize(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function readText(bytes, at) {
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

const find = (sections, number) => sections.find((section) => section.number === number);

/** How many functions are imported. Their numbers come first. */
function countImports(wasm, { start }) {
  let [count, at] = readSize(wasm, start);
  for (let left = count; left > 0; left--) {
    [, at] = readText(wasm, at);
    [, at] = readText(wasm, at);
    if (wasm[at] !== functionKind) throw new Error("the engine imports something other than functions");
    [, at] = readSize(wasm, at + 1);
  }
  return count;
}

/** The numbers of the functions that are to be cut: `editSource` has exported them. */
function readCut(wasm, { start }) {
  const numbers = [];
  let [count, at] = readSize(wasm, start);
  for (; count > 0; count--) {
    const [name, kind] = readText(wasm, at);
    const [number, next] = readSize(wasm, kind + 1);
    if (wasm[kind] === functionKind && name.startsWith(cutPrefix)) numbers.push(number);
    at = next;
  }
  return numbers;
}

/** The section of code, with other bodies for some of the functions. */
function cutBodies(wasm, { start }, isCut) {
  const [count, first] = readSize(wasm, start);
  const parts = [writeSize(count)];
  for (let index = 0, at = first; index < count; index++) {
    const [size, inside] = readSize(wasm, at);
    parts.push(isCut(index) ? unreachable : wasm.subarray(at, inside + size));
    at = inside + size;
  }
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([code]), writeSize(content.length), content]);
}

/** The module without its compiler: the linker leaves out what only the functions have called that are cut here. */
export function cutCompiler(wasm) {
  const sections = readSections(wasm);
  const imported = countImports(wasm, find(sections, imports));
  const cut = new Set(readCut(wasm, find(sections, exported)));
  if (cut.size === 0) throw new Error("the engine exports nothing to cut");
  const parts = sections.map((section) =>
    section.number === code
      ? cutBodies(wasm, section, (index) => cut.has(index + imported))
      : wasm.subarray(section.at, section.end),
  );
  return Buffer.concat([wasm.subarray(0, 8), ...parts]);
}

/** The module without its data, which may not have passive segments. */
export function stripData(wasm) {
  const kept = readSections(wasm).filter(({ number }) => number !== data && number !== dataCount);
  return Buffer.concat([wasm.subarray(0, 8), ...kept.map(({ at, end }) => wasm.subarray(at, end))]);
}
