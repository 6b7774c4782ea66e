// The first bytes of a module, and what else a file may be.
import { invalidModule } from "./bytes.ts";

const magic = [0x00, 0x61, 0x73, 0x6d];

/** Whether bytes begin as a module does. */
export const hasMagic = (bytes: Uint8Array): boolean => magic.every((byte, at) => bytes[at] === byte);

/**
 * Refuses what is no module, or none that is supported.
 *
 * @throws {CofferError} E_MODULE_INVALID
 */
export function checkHead(bytes: Uint8Array): void {
  if (!hasMagic(bytes)) {
    const text = String.fromCharCode(...bytes.subarray(0, 64)).trimStart();
    if (text.startsWith("(module") || text.startsWith(";;"))
      throw invalidModule("is in the text format: translate it with wat2wasm", { offset: 0 });
    throw invalidModule("is no WebAssembly: it does not begin with its magic number", { offset: 0 });
  }
  if (bytes.length < 8) throw invalidModule("is truncated", { offset: bytes.length });
  if (bytes[6] === 1)
    throw invalidModule(
      "is a component (WASI preview 2 or 3), which is not supported: `jco transpile` runs it on Node",
      {
        offset: 4,
      },
    );
  if (bytes[4] !== 1 || bytes[5] !== 0 || bytes[7] !== 0)
    throw invalidModule("has a version of the format that is not supported", { offset: 4 });
}
