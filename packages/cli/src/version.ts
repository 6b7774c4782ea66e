import { readFileSync } from "node:fs";
import process from "node:process";

/** The version of this package. */
export function readVersion(): string {
  return JSON.parse(readFileSync(new URL(import.meta.resolve("#package")), "utf8")).version;
}

/** What runs this program's TypeScript: for `doctor`. */
export const describeFront = (): string => `on Node ${process.version}`;
