// What the manual is made of. Texts may have `code` and [links](to); docs/cli.md and the man pages are rendered from it.

/** A piece of the manual: a paragraph, a list, terms with their meaning, or lines to type. */
export type Block =
  | string
  | { readonly list: readonly string[] }
  | { readonly terms: readonly (readonly [term: string, meaning: string])[]; readonly head: readonly [string, string] }
  | { readonly code: readonly string[] };

/** A section of the manual. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}
