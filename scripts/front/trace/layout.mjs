// Which blocks of the image stay, and which of them a call touches: of an engine that is traced
// (helper-c/front/engine/layout.c). Blocks have a header of 8 bytes: what they hold, their class, and their allocation.

const header = 8;
const granule = 8;
const free = 255;

/** What becomes of a block; `enum fate`. */
const fates = { ends: 0, cold: 1, read: 2, written: 3 };

/** Whether a block was touched: its bits together. */
function touchOf(touched, at, size) {
  let bits = 0;
  for (let place = at / granule; place < (at + size) / granule; place++) bits |= touched[place];
  return bits;
}

/** The fate of each allocation, and the sizes of all blocks of each fate. */
export function makeLayout(exports, start, end, count) {
  const blocks = new DataView(exports.memory.buffer);
  const touched = new Uint8Array(exports.memory.buffer, exports.front_touched());
  const layout = { fates: new Uint8Array(count), sizes: [0, 0, 0, 0] };
  for (let at = start; at < end; ) {
    const size = header + blocks.getUint32(at, true);
    const word = blocks.getUint32(at + 4, true);
    if ((word & 0xff) !== free) {
      const bits = touchOf(touched, at, size);
      const fate = bits & 2 ? fates.written : bits & 1 ? fates.read : fates.cold;
      layout.fates[word >>> 8] = fate;
      layout.sizes[fate] += size;
    }
    at += size;
  }
  return layout;
}
