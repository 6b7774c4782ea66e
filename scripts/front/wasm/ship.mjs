// Makes the module that is shipped out of the one that makes the image. The image has its data, and nothing needs its compiler any
// more (docs/decisions/0044-no-compiler.md). No function and no address moves.
import { cutPrefix } from "../edits.mjs";
import { countImports, findSection, kinds, numbers, readSize, readText, withBodies, withSections } from "./binary.mjs";

/** A body: its size, no variables, unreachable, end. A call ends the program with one line (helper-c/front/host/trap.c). */
const unreachable = Buffer.from([3, 0, 0x00, 0x0b]);

/** The numbers of the functions that are to be cut: `editSource` has exported them. */
function readCut(wasm) {
  const cut = [];
  let [count, at] = readSize(wasm, findSection(wasm, numbers.exports));
  for (; count > 0; count--) {
    const [name, kind] = readText(wasm, at);
    const [number, next] = readSize(wasm, kind + 1);
    if (wasm[kind] === kinds.function && name.startsWith(cutPrefix)) cut.push(number);
    at = next;
  }
  return cut;
}

/** The module without its compiler: the linker leaves out what only the functions have called that are cut here. */
export function cutCompiler(wasm) {
  const imported = countImports(wasm);
  const cut = new Set(readCut(wasm));
  if (cut.size === 0) throw new Error("the engine exports nothing to cut");
  const cutBody = (body, index) => (cut.has(index + imported) ? unreachable : body);
  return withSections(wasm, (number, start) => number !== numbers.code || withBodies(wasm, start, cutBody));
}

/** The module without its data, which may not have passive segments. */
export function stripData(wasm) {
  const isData = (number) => number === numbers.data || number === numbers.dataCount;
  return withSections(wasm, (number) => (isData(number) ? undefined : true));
}
