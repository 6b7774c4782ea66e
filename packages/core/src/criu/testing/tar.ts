// Archives in the format of GNU tar, made by hand: with what tar(1) would not write.

/** The fields of a header that are not as tar(1) writes them for an empty file of root's. */
export interface HeaderFields {
  readonly name?: string;
  readonly type?: string;
  readonly size?: number;
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly mode?: string;
  readonly magic?: string;
  readonly sum?: string;
  /** The map of a sparse file goes on in the next block. */
  readonly more?: boolean;
  readonly realSize?: number;
  /** Further bytes, by where they stand. */
  readonly bytes?: Readonly<Record<number, string>>;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

/** Makes a header. */
export function tarHeader(fields: HeaderFields): Buffer {
  const { name = "./file", type = "0", size = 0, link = "", magic = "ustar  \0", mode = octal(0o644, 7) } = fields;
  const header = Buffer.alloc(512);
  const isNode = type === "3" || type === "4";
  const put: Record<number, string> = {
    0: name,
    100: mode,
    108: octal(0, 7),
    116: octal(0, 7),
    124: octal(size, 11),
    136: octal(0, 11),
    156: type,
    157: link,
    257: magic,
  };
  if (isNode) Object.assign(put, { 329: octal(fields.major ?? 0, 7), 337: octal(fields.minor ?? 0, 7) });
  if (type === "S") Object.assign(put, { 482: fields.more ? "\x01" : "\0", 483: octal(fields.realSize ?? size, 11) });
  for (const [at, value] of Object.entries({ ...put, ...fields.bytes })) header.write(value, Number(at), "latin1");
  header.write(fields.sum ?? sumOf(header), 148, "latin1");
  return header;
}

function sumOf(header: Buffer): string {
  header.fill(" ", 148, 156);
  return `${header
    .reduce((sum, byte) => sum + byte, 0)
    .toString(8)
    .padStart(6, "0")}\0 `;
}

/** Ends an archive as tar(1) does. */
export function tarEnd(parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc(Math.ceil((bytes.length + 1024) / 10240) * 10240 - bytes.length)]);
}
