export function evaluateIn(wasm: Uint8Array, script: string): string;
