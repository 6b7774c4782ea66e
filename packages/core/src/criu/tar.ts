// The device nodes in a tar archive (ustar, as GNU tar writes it): what CRIU would have tar(1) make in a tmpfs.

/** A device node. */
export interface TarNode {
  readonly name: string;
  /** S_IFCHR or S_IFBLK. */
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

const block = 512;
const charDevice = 0x2000;
const blockDevice = 0x6000;

function textAt(bytes: Uint8Array, at: number, size: number): string {
  const end = bytes.subarray(at, at + size).indexOf(0);
  return new TextDecoder().decode(bytes.subarray(at, at + (end < 0 ? size : end)));
}

/** A number in octal digits, or in base 256 when its first bit is set. */
function numberAt(bytes: Uint8Array, at: number, size: number): number {
  const field = bytes.subarray(at, at + size);
  if (((field[0] ?? 0) & 0x80) !== 0)
    return field.reduce((sum, byte, index) => sum * 256 + (index === 0 ? byte & 0x7f : byte), 0);
  return Number.parseInt(textAt(bytes, at, size).trim() || "0", 8);
}

/** Lists the device nodes of an archive. A header that is none ends it, for tar(1) too. */
export function readTarNodes(bytes: Uint8Array): readonly TarNode[] {
  const nodes: TarNode[] = [];
  for (let at = 0; at + block <= bytes.length; ) {
    const type = String.fromCharCode(bytes[at + 156] ?? 0);
    const size = numberAt(bytes, at + 124, 12);
    const isNode = type === "3" || type === "4";
    if (isNode)
      nodes.push({
        name: textAt(bytes, at, 100),
        mode: type === "3" ? charDevice : blockDevice,
        major: numberAt(bytes, at + 329, 8),
        minor: numberAt(bytes, at + 337, 8),
      });
    if (!Number.isSafeInteger(size) || size < 0) break;
    // Nodes, links and directories have a size, and no content.
    const hasContent = type === "0" || type === "\0" || type === "7" || /[A-Zxg]/.test(type);
    at += block + (hasContent && type !== "5" ? Math.ceil(size / block) * block : 0);
  }
  return nodes;
}
