import * as os from "node:os";
import type { Uname } from "../port.ts";

export function uname(): Uname {
  return { system: os.type(), release: os.release(), machine: os.machine() };
}
