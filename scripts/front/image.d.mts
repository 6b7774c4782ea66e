export function evaluateIn(wasm: Uint8Array, script: string): string;
export function runShipped(
  wasm: Uint8Array,
  shipped: Uint8Array,
  script: string,
  options: { readonly sealed: boolean },
): { readonly status: number; readonly said: string };
export function findUsed(shipped: Uint8Array, image: Uint8Array): ReadonlySet<number>;
