// What is written where the caller says. Nothing is waited for, what is there is looked at before it is used, and no block
// device is ever written.
import * as fs from "node:fs";
import { hrtime, pid } from "node:process";
import { SystemError } from "../../error.ts";
import type { WriteOptions } from "../../port.ts";
import { call } from "../call.ts";
import { toNode } from "../text.ts";
import { holdPlace } from "./hold.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = fs.constants;

/** How long a reader may leave a pipe full. */
const fullMs = 10_000;
const pauseMs = 5;

/** The links that stand for a descriptor of the process. */
const ownLink = /^(?:\/dev\/(?:stdin|stdout|stderr|fd\/\d+)|\/proc\/self\/fd\/\d+)$/;

/** Whether a path, or the link that it names, stands for a descriptor of the process. No other link is followed. */
export function isOwnLink(path: string): boolean {
  if (ownLink.test(path)) return true;
  const at = toNode(path);
  const named = fs.lstatSync(at, { throwIfNoEntry: false });
  return named?.isSymbolicLink() === true && ownLink.test(fs.readlinkSync(at));
}

const isLink = (path: string) => new SystemError("open", path, "ELOOP", { reason: "it is a symbolic link" });

/** Opens what is there: neither a block device nor a link, nor a FIFO that nobody reads (ENXIO). */
function openThere(path: string, flags: number): number {
  const at = toNode(path);
  const follow = isOwnLink(path);
  const seen = follow ? fs.statSync(at) : fs.lstatSync(at);
  if (seen.isSymbolicLink()) throw isLink(path);
  if (seen.isBlockDevice()) throw new SystemError("open", path, "EPERM");
  const fd = fs.openSync(at, O_WRONLY | O_NOCTTY | O_NONBLOCK | flags | (follow ? 0 : O_NOFOLLOW));
  // It may be another by now.
  if (!fs.fstatSync(fd).isBlockDevice()) return fd;
  fs.closeSync(fd);
  throw new SystemError("open", path, "EPERM");
}

const isFull = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EAGAIN";

function writeAll(fd: number, path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? Buffer.from(toNode(content)) : content;
  const end = performance.now() + fullMs;
  for (let at = 0; at < bytes.length; )
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (error) {
      if (!isFull(error)) throw error;
      if (performance.now() > end) throw new SystemError("write", path, "ETIMEDOUT");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
}

/** Makes a file, whole or not at all. The temporary name is new each time, so a left-over one is in nobody's way. */
function makeFile(path: string, content: string | Uint8Array, options: WriteOptions): void {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const at = toNode(path);
  const temporary = toNode(`${path}.${pid}-${hrtime.bigint()}.new`);
  const fd = fs.openSync(temporary, flags, options.mode ?? 0o600);
  try {
    fs.writeFileSync(fd, typeof content === "string" ? toNode(content) : content);
    if (options.exclusive) fs.linkSync(temporary, at);
    else fs.renameSync(temporary, at);
  } catch (error) {
    // It may have been renamed already.
    if (fs.lstatSync(temporary, { throwIfNoEntry: false })) fs.unlinkSync(temporary);
    throw error;
  } finally {
    fs.closeSync(fd);
  }
  if (options.exclusive) fs.unlinkSync(temporary);
}

/** Whether a file may take the place of what is there. */
function isReplaced(path: string): boolean {
  if (ownLink.test(path)) return false;
  const named = fs.lstatSync(toNode(path), { throwIfNoEntry: false });
  return named === undefined || named.isFile();
}

/** Writes to a device, a FIFO or a descriptor of the process. */
function writeInto(path: string, content: string | Uint8Array): void {
  const fd = openThere(path, O_APPEND);
  try {
    if (fs.fstatSync(fd).isFile() && !isOwnLink(path)) throw isLink(path);
    writeAll(fd, path, content);
  } finally {
    fs.closeSync(fd);
  }
}

/** Runs an action where the path leads to; a descriptor of the process is reached by its own name. */
function atPlace(path: string, action: (at: string) => void): void {
  const place = ownLink.test(path) ? { at: path, close: () => {} } : holdPlace(path);
  try {
    action(place.at);
  } finally {
    place.close();
  }
}

export function writeFile(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  const write = (at: string): void => {
    if (options.exclusive || isReplaced(at)) makeFile(at, content, options);
    else writeInto(at, content);
  };
  call("write", path, () => atPlace(path, write));
}

function openToAppend(path: string): number {
  try {
    return openThere(path, O_APPEND);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return fs.openSync(toNode(path), O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0o644);
  }
}

/** A file that is held open: what becomes of its name changes nothing. */
export interface HeldFile {
  append(content: string): void;
  close(): void;
}

/** Opens a file to append to, which is made when it is missing, or what else is there. */
export function holdFile(path: string): HeldFile {
  let fd = -1;
  call("write", path, () =>
    atPlace(path, (at) => {
      fd = openToAppend(at);
    }),
  );
  return {
    append: (content) => call("write", path, () => writeAll(fd, path, content)),
    close: () => fs.closeSync(fd),
  };
}

/** Appends to a file, which is made when it is missing, or to what else is there. */
export function appendFile(path: string, content: string): void {
  const append = (at: string): void => {
    const fd = openToAppend(at);
    try {
      writeAll(fd, path, content);
    } finally {
      fs.closeSync(fd);
    }
  };
  call("write", path, () => atPlace(path, append));
}
