// Where recorded runs are, and how they are read.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../helpers/build.ts";
import type { Recorded } from "./types.ts";

/** The folder of the recorded runs. */
export const recordedFolder = join(repository, "test/defence/recorded");

/** The document that the catalogue and the recorded runs make. */
export const documentPath = join(repository, "docs/security/defence.md");

/** The recorded run of that name. */
export function readRecorded(name: string): Recorded | undefined {
  const file = join(recordedFolder, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
