// The one archive format that the kernel unpacks as its first root: cpio "newc".

/** A file of the archive; a directory when it has no content. */
export type CpioEntry = { readonly path: string; readonly content?: Uint8Array };

const padded = (length: number): number => (length + 3) & ~3;

function record(path: string, mode: number, content: Uint8Array, inode: number): Buffer {
  const name = `${path}\0`;
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(name), 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}`;
  const start = padded(Buffer.byteLength(head));
  const buffer = Buffer.alloc(start + padded(content.length));
  buffer.write(head);
  buffer.set(content, start);
  return buffer;
}

/** Packs files, all executable and root's, into an archive. */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const records = entries.map(({ path, content }, index) =>
    record(path, content === undefined ? 0o040755 : 0o100755, content ?? new Uint8Array(), index + 1),
  );
  return Buffer.concat([...records, record("TRAILER!!!", 0, new Uint8Array(), 0)]);
}
