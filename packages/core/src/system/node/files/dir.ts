// A directory that is held open: names are looked up in it, whatever becomes of its path.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import type { Dir } from "../../port.ts";
import { call } from "../call.ts";
import { toNode } from "../text.ts";
import { listDir, readLink, readRegular, stat } from "./files.ts";

const { constants } = fs;
const isName = /^[^/\0]+$/;

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
    readBytes: (name, limit) => named(name, (held) => readRegular(held, limit)),
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
