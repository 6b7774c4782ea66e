export const edits: readonly (readonly [file: string, name: string, from: string, to: string])[];
export function editSource(file: string, source: string): string;
