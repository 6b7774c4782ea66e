// What a program asks for, as its supervisor tells. The words are the program's.
import { printAddress } from "../../../egress/address.ts";
import { printTarget } from "../../../egress/rules.ts";
import { toArch } from "../../../host/probe.ts";
import { foldDotDot, joinPath } from "../../../paths.ts";
import type { AskedFor } from "../../../plan/index.ts";
import { makeWatchedReader, watcherInput } from "../../../plan/index.ts";
import type { System, Watcher } from "../../../system/port.ts";
import { decodeText } from "../../../wire/utf8.ts";

/**
 * What a program has asked for: a path, or an address. `make` is about a name, whatever a link there leads to. `dial` is about the
 * path of a socket. With `remove` a name is to go, and `to` says where.
 */
export type Asked =
  | { readonly op: "read" | "write" | "make" | "dial"; readonly target: string }
  | { readonly op: "remove"; readonly target: string; readonly to?: string }
  | { readonly op: "connect" | "bind"; readonly target: string; readonly host: string; readonly port: number };

/** So many different paths and addresses are remembered, of so many letters in all: a program may ask for as much as it likes. */
const mostRemembered = 10_000;
const mostLetters = 2_000_000;

const families = { unix: 1, inet: 2, inet6: 10 } as const;
const sizes = { inet: 8, inet6: 24 } as const;

/** A path by its words: whether `..` leaves a link, nobody can tell afterwards. */
function readPath(directory: string, path: string): string | undefined {
  if (path.startsWith("/")) return foldDotDot(path);
  return directory.startsWith("/") ? foldDotDot(joinPath(directory, path)) : undefined;
}

/** sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)). */
function readHost(bytes: Uint8Array, family: number): string | undefined {
  if (family === families.inet && bytes.length >= sizes.inet) return printAddress(bytes.subarray(4, sizes.inet));
  const isLater = family === families.inet6 && bytes.length >= sizes.inet6;
  return isLater ? printAddress(bytes.subarray(8, sizes.inet6)) : undefined;
}

function readAddress({ op, directory, target: bytes }: AskedFor): Asked | undefined {
  if ((op !== "connect" && op !== "bind") || bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const family = view.getUint16(0, true);
  if (family === families.unix) {
    // Without a name it is an abstract one (unix(7)).
    const [name = ""] = decodeText(bytes, 2).split("\0");
    const target = op === "bind" || name === "" ? undefined : readPath(directory, name);
    return target === undefined ? undefined : { op: "dial", target };
  }
  const host = readHost(bytes, family);
  const port = view.getUint16(2);
  return host === undefined ? undefined : { op, host, port, target: printTarget({ host, port }) };
}

type Read = Asked | { readonly op: "move"; readonly target: string };

function toAsked(asked: AskedFor): Read | undefined {
  const { op, directory, target } = asked;
  if (op === "connect" || op === "bind") return readAddress(asked);
  const path = readPath(directory, decodeText(target));
  return path === undefined ? undefined : { op, target: path };
}

/** Gathers what a program asks for. */
export interface Watch {
  readonly watcher: Watcher;
  /** Each once, in the order of the first time. */
  asked(): readonly Asked[];
}

/** Begins to gather. */
export function startWatch(system: Pick<System, "uname">): Watch {
  const read = makeWatchedReader(toArch(system.uname()));
  const found = new Map<string, Asked>();
  let letters = 0;
  /** What a call moves: the next record has the new name. */
  let moved: string | undefined;
  const whole = (one: Read): readonly Asked[] => {
    const target = moved;
    moved = one.op === "move" ? one.target : undefined;
    if (one.op === "move") return [];
    return target === undefined || one.op !== "make" ? [one] : [{ op: "remove", target, to: one.target }, one];
  };
  const take = (chunk: Uint8Array): void => {
    for (const one of read(chunk)
      .flatMap((asked) => toAsked(asked) ?? [])
      .flatMap(whole)) {
      const key = `${one.op} ${one.target}${one.op === "remove" ? ` ${one.to}` : ""}`;
      if (found.has(key) || found.size >= mostRemembered || letters + key.length > mostLetters) continue;
      found.set(key, one);
      letters += key.length;
    }
  };
  return { watcher: { input: watcherInput, take }, asked: () => [...found.values()] };
}
