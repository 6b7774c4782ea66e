// A directory in memory.
import { SystemError } from "../../system/error.ts";
import type { Dir } from "../../system/port.ts";

export type DirFiles = Readonly<Record<string, Uint8Array | undefined>>;

/** A directory at `/images` that has files. What else is asked of it is an error of the test. */
export function dirOf(files: DirFiles, changes: Partial<Dir> = {}): Dir {
  const unused = (): never => {
    throw new Error("not used");
  };
  return {
    fd: -1,
    path: "/images",
    list: () => Object.keys(files).filter((name) => files[name] !== undefined),
    readBytes: (name, limit) => {
      const bytes = files[name];
      if (bytes === undefined) throw new SystemError("open", name, "ENOENT");
      if (bytes.length > limit) throw new SystemError("read", name, "EFBIG");
      return bytes;
    },
    stat: unused,
    readLink: unused,
    openDir: unused,
    createFile: unused,
    writeFile: unused,
    close: unused,
    ...changes,
  };
}
