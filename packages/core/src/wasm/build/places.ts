// Where packages are. The native front has none (system/native/places.ts).

const pathOf = (address: string): string => decodeURIComponent(new URL(address).pathname);

/** The path of a file of a package; undefined where the package is not installed. */
export function resolvePackage(name: string): string | undefined {
  try {
    return pathOf(import.meta.resolve(name));
  } catch {
    return undefined;
  }
}

/** The directory with what the program of a module is compiled and linked with. */
export function shimDir(): string {
  return pathOf(new URL("native/wasm", import.meta.resolve("@coffer/core/package.json")).href);
}
