// Takes the data out of a module: the image has it. Sections 11 (data) and 12 (data count) of the binary format.

function readSize(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return [value, at];
  }
}

/** The module without its data, which may not have passive segments. */
export function stripData(wasm) {
  const kept = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [size, start] = readSize(wasm, at + 1);
    if (wasm[at] !== 11 && wasm[at] !== 12) kept.push(wasm.subarray(at, start + size));
    at = start + size;
  }
  return Buffer.concat(kept);
}
