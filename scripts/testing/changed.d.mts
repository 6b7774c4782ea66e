export function touched(changed?: readonly string[]): readonly string[];
