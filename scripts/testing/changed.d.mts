export function touched(changed?: readonly string[]): readonly string[];
export function importersOf(changed: readonly string[]): ReadonlySet<string>;
export function known(glob: string): readonly string[];
