// `node:os` for the native front: uname(2).
import { toText } from "../text.ts";
import { checked } from "./errno.ts";

const field = (which: 0 | 1 | 2): string => toText(checked(host.uname(which), "uname"));

export const type = (): string => field(0);
export const release = (): string => field(1);
export const machine = (): string => field(2);
