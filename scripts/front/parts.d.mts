/** What somebody else has written and is in the programs. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** SPDX. `of`: the file whose checksum it is, if that is not the archive. */
  readonly checksum: { readonly algorithm: string; readonly value: string; readonly of?: string };
  /** An SPDX expression. */
  readonly license: string;
  readonly copyright: string;
  /** A package URL. */
  readonly url: string;
  /** Files with the license. */
  readonly texts: readonly string[];
  readonly in: "bundle" | "front";
}
export function readParts(root: string, header: string): readonly Part[];
export function licensesText(parts: readonly Part[]): string;
