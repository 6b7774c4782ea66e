// What the caller wants in the root besides mounts: links and files.
import { InternalError } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { pushText } from "../../wire/utf8.ts";
import type { TreeContext } from "../tree/mounts.ts";

/** Makes links that the caller asks for, such as /bin of a host where it is one. */
export function planLinks({ draft, root }: TreeContext, links: Readonly<Record<string, string>>, why: string): void {
  for (const [path, target] of Object.entries(links))
    draft.add({ op: "make-link", phase: "inside", at: root, path: joinPath(path), target, why });
}

function toBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  if (!pushText(bytes, text)) throw new InternalError("the content of a file has no bytes");
  return Uint8Array.from(bytes);
}

/** Makes files that the caller asks for, readable for everybody. */
export function planFiles({ draft, root }: TreeContext, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const content = text === "" ? {} : { content: toBytes(text) };
    draft.add({ op: "make-file", phase: "inside", at: root, path: joinPath(path), ...content, mode: 0o644 });
  }
}
