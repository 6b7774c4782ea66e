// Which functions of a module are entered: a module that notes it, and what it has noted.
import {
  countImports,
  findSection,
  kinds,
  numbers,
  readSize,
  withBodies,
  withEntries,
  withSections,
  writeSize,
} from "./binary.mjs";

/** Before the number of a function, in the name of the global that says whether the function was entered. */
const prefix = "entered:";

/** A global: an i32 that can be changed, and is 0. */
const unset = Buffer.from([0x7f, 0x01, 0x41, 0x00, 0x0b]);

/** Where the instructions of a body begin: behind its size and its variables. */
function findCode(body) {
  let [count, at] = readSize(body, readSize(body, 0)[1]);
  for (; count > 0; count--) at = readSize(body, at)[1] + 1;
  return at;
}

/** The body, which first sets a global: i32.const 1, global.set. */
function withNote(body, number) {
  const [, start] = readSize(body, 0);
  const at = findCode(body);
  const note = Buffer.concat([Buffer.from([0x41, 0x01, 0x24]), writeSize(number)]);
  const content = Buffer.concat([body.subarray(start, at), note, body.subarray(at)]);
  return Buffer.concat([writeSize(content.length), content]);
}

function exportOf(number, index) {
  const name = Buffer.from(`${prefix}${number}`);
  return Buffer.concat([writeSize(name.length), name, Buffer.from([kinds.global]), writeSize(index)]);
}

/** The same module, which notes the functions that are entered. */
export function notingEntries(wasm) {
  const imported = countImports(wasm);
  const [functions] = readSize(wasm, findSection(wasm, numbers.code));
  const [globals] = readSize(wasm, findSection(wasm, numbers.globals));
  const each = (make) => Array.from({ length: functions }, (_, index) => make(index));
  const change = (number, start, end) => {
    if (number === numbers.code) return withBodies(wasm, start, (body, index) => withNote(body, globals + index));
    if (number === numbers.globals)
      return withEntries(
        wasm,
        start,
        end,
        each(() => unset),
      );
    if (number !== numbers.exports) return true;
    return withEntries(
      wasm,
      start,
      end,
      each((index) => exportOf(imported + index, globals + index)),
    );
  };
  return withSections(wasm, change);
}

/** The numbers of the functions that an instance of such a module has entered. */
export function enteredIn(exports) {
  const entered = Object.entries(exports).filter(([name, { value }]) => name.startsWith(prefix) && value === 1);
  return new Set(entered.map(([name]) => Number(name.slice(prefix.length))));
}
