import { readFileSync } from "node:fs";

/** The version of this package. */
export function readVersion(): string {
  return JSON.parse(readFileSync(new URL(import.meta.resolve("#package")), "utf8")).version;
}
