export function editHeader(header: string): string;
export function editDispatch(sources: readonly string[]): readonly string[];
export function editTable(sources: readonly string[]): { readonly sources: readonly string[]; readonly table: string };
export function gatherUsed(
  sources: readonly string[],
  used: ReadonlySet<number>,
  count: number,
): { readonly left: readonly string[]; readonly gathered: readonly string[] };
