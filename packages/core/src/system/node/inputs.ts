// Inputs whose paths cannot be words of the helper: Node encodes words as UTF-8, and would name something else.
import * as fs from "node:fs";
import { isUtf8 } from "../../wire/utf8.ts";
import type { LaunchInput } from "../port.ts";
import { call } from "./call.ts";

/** O_PATH, which Node does not name. It has this value on every machine that Node has a helper for. */
const openPath = 0o10000000;

/** Opens those directories while the helper is started, which is given their descriptors. */
export function withInputs<T>(given: readonly LaunchInput[], start: (inputs: readonly LaunchInput[]) => T): T {
  const opened: number[] = [];
  const open = (input: LaunchInput): LaunchInput => {
    if (!("path" in input) || isUtf8(input.path)) return input;
    const fd = call("open", input.path, (at) => fs.openSync(at, openPath | fs.constants.O_DIRECTORY));
    opened.push(fd);
    return { name: input.name, fd };
  };
  try {
    return start(given.map(open));
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
}
