// A directory that is held open: names are looked up in it, whatever becomes of its path.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { SystemError } from "../../error.ts";
import type { Dir } from "../../port.ts";
import { call } from "../call.ts";
import { toNode } from "../text.ts";
import { listDir, readBytes, readLink, stat } from "./files.ts";

const { constants } = fs;
const isName = /^[^/\0]+$/;
const gzipHeader = 10;
const gzipTrailer = 8;

/** Opens a directory; a link at the end of the path is ELOOP or ENOTDIR. */
export function openDir(path: string): Dir {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const fd = call("open", path, (at) => fs.openSync(at, flags));
  const held = `/proc/self/fd/${fd}`;
  const at = (name: string): string => {
    if (isName.test(name) && name !== "." && name !== "..") return `${held}/${name}`;
    throw new SystemError("open", name, "EINVAL");
  };
  /** Errors tell the path that the caller knows. */
  const named = <T>(name: string, action: (at: string) => T): T => {
    try {
      return action(at(name));
    } catch (error) {
      throw SystemError.is(error)
        ? new SystemError(error.call, `${path}/${name}`, error.errno, { cause: error })
        : error;
    }
  };
  const create = (name: string): number =>
    call("open", `${path}/${name}`, () =>
      fs.openSync(
        toNode(at(name)),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
        0o600,
      ),
    );
  return {
    fd,
    path: readLink(held),
    list: () => listDir(held),
    stat: (name) => (name === "." ? stat(held) : named(name, (held) => stat(held, { follow: false }))),
    readLink: (name) => named(name, readLink),
    openDir: (name) => named(name, (held) => openDir(`${held}/.`)),
    readBytes: (name, limit) => named(name, (held) => readBytes(held, limit)),
    createFile: (name) => {
      call("unlink", `${path}/${name}`, () => fs.rmSync(toNode(at(name)), { force: true }));
      return create(name);
    },
    writeFile: (name, content) => {
      const temporary = `${name}.${randomBytes(6).toString("hex")}.new`;
      const file = create(temporary);
      try {
        call("write", `${path}/${name}`, () => fs.writeFileSync(file, toNode(content)));
        call("rename", `${path}/${name}`, () => fs.renameSync(toNode(at(temporary)), toNode(at(name))));
      } catch (error) {
        fs.rmSync(toNode(at(temporary)), { force: true });
        throw error;
      } finally {
        fs.closeSync(file);
      }
    },
    close: () => fs.closeSync(fd),
  };
}

/** Closes a descriptor that the port has given. */
export function closeFd(fd: number): void {
  fs.closeSync(fd);
}

/** Where the deflated part of a gzip file that begins with no more than the ten bytes of its header ends. */
function endOfMember(bytes: Uint8Array, limit: number): number {
  const unpacked: unknown = inflateRawSync(bytes.subarray(gzipHeader), { maxOutputLength: limit, info: true });
  const { engine } = Object(unpacked);
  return gzipHeader + Number(engine.bytesWritten) + gzipTrailer;
}

/**
 * Unpacks a gzip file of at most `limit` bytes; EFBIG when it is longer, EILSEQ when it is none. gzip(1) also unpacks
 * further files that follow, of other formats too, and passes over what it does not know: here nothing follows but zeros.
 */
export function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    const [first, second, method, flags] = bytes;
    if (first !== 0x1f || second !== 0x8b || method !== 8 || flags !== 0) throw new Error("no plain header of gzip");
    const end = endOfMember(bytes, limit);
    if (bytes.subarray(end).some((byte) => byte !== 0)) throw new Error("something follows the end");
    return gunzipSync(bytes.subarray(0, end), { maxOutputLength: limit });
  } catch (cause) {
    const isLong = cause instanceof RangeError;
    throw new SystemError("gunzip", "archive", isLong ? "EFBIG" : "EILSEQ", { cause });
  }
}
