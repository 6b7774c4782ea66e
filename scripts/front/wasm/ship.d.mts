export function cutCompiler(wasm: Uint8Array): Uint8Array;
