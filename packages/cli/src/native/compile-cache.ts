/** Everything is compiled. */
export function startCompileCache(): void {}
