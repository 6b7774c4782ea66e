// Inputs that are given to the helper as descriptors: those of which only we have the path, and those whose paths cannot be
// arguments. Node encodes arguments as UTF-8, so such a path would name something else.
import * as fs from "node:fs";
import { isUtf8 } from "../../../wire/utf8.ts";
import type { LaunchInput } from "../../port.ts";
import { call } from "../call.ts";

/** O_PATH, which Node does not name. It has this value on every machine that Node has a helper for. */
const openPath = 0o10000000;

/** What the helper can be given. */
export type GivenInput = Exclude<LaunchInput, { readonly beneath: string }>;

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = fs.constants;

/** Inputs whose directories are open, until `close`. */
export interface OpenInputs {
  readonly inputs: readonly GivenInput[];
  close(): void;
}

/** Opens those directories, and nothing if one cannot be opened. */
export function openInputs(given: readonly LaunchInput[]): OpenInputs {
  const opened: number[] = [];
  const close = (): void => {
    for (const fd of opened) fs.closeSync(fd);
  };
  const openAt = (name: string, path: string, flags: number): GivenInput => {
    const fd = call("open", path, (at) => fs.openSync(at, O_DIRECTORY | flags));
    opened.push(fd);
    return { name, fd };
  };
  const open = (input: LaunchInput): GivenInput => {
    if ("beneath" in input) return openAt(input.name, input.beneath, O_RDONLY | O_NOFOLLOW);
    return "path" in input && !isUtf8(input.path) ? openAt(input.name, input.path, openPath) : input;
  };
  try {
    return { inputs: given.map(open), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Opens those directories while the helper is started, which is given their descriptors. */
export function withInputs<T>(given: readonly LaunchInput[], start: (inputs: readonly GivenInput[]) => T): T {
  const { inputs, close } = openInputs(given);
  try {
    return start(inputs);
  } finally {
    close();
  }
}
