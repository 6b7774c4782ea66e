export function findWasm2c(): { readonly header: string };
