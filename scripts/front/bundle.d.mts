export const unknownBuild: string;
export function bundleFront(root: string): Promise<{ readonly text: string; readonly inputs: readonly string[] }>;
