// In the place of system/node/files/made.ts: the kernel keeps the names until somebody asks.
import { decodeText } from "../../../wire/utf8.ts";
import { call } from "../../node/call.ts";
import type { MadeNames } from "../../port.ts";
import { checkedNumber } from "./errno.ts";

/** Of an event: watch, mask, cookie, and the size of the name with its NULs. */
const headSize = 16;

function namesOf(bytes: Uint8Array): readonly string[] {
  const names: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + headSize <= bytes.length; ) {
    const start = at + headSize;
    at = start + view.getUint32(start - 4, true);
    const end = bytes.indexOf(0, start);
    names.push(decodeText(bytes, start, end < 0 || end > at ? at : end));
  }
  return names;
}

/** Watches the names of a directory from now on. */
export function watchNames(path: string): MadeNames {
  const fd = call("inotify", path, () => checkedNumber(host.watch(path), "inotify", path));
  const into = new Uint8Array(65_536);
  const taken = async (): Promise<ReadonlySet<string>> => {
    const names = new Set<string>();
    for (;;) {
      const size = host.read(fd, into, 0, into.length);
      if (size <= 0) return names;
      for (const name of namesOf(into.subarray(0, size))) names.add(name);
    }
  };
  return { taken, close: () => void host.close(fd) };
}
