// The names of standard streams: which are the host's, and which names of a file are given to CRIU again.
import test from "ava";
import type { MountLine } from "../host/mountinfo.ts";
import { SystemError } from "../system/error.ts";
import { makeMemorySystem } from "../system/memory.ts";
import { externalFiles, nameStreams, readStreams, writeStreams } from "./streams.ts";
import { dirOf } from "./testing/dir.ts";

const mounts: readonly MountLine[] = [{ id: 30, device: "0:1", root: "/", point: "/", type: "tmpfs", options: "" }];

/** The names of streams that lead to these places; a number is the mount of the file there. */
function namesOf(links: readonly (readonly [link: string, mount?: number] | string)[]): readonly string[] {
  const system = makeMemorySystem();
  for (const [fd, [, mount]] of links.entries()) {
    system.put(`/proc/9/fd/${fd}`, "");
    system.put(`/proc/9/fdinfo/${fd}`, mount === undefined ? "pos:\t0\n" : `pos:\t0\nmnt_id:\t${mount}\nino:\t1\n`);
  }
  const readLink = (path: string): string => {
    const link = links[Number(path.slice("/proc/9/fd/".length))];
    if (link === undefined) throw new SystemError("readlink", path, "ENOENT");
    if (typeof link === "string") throw new SystemError("readlink", path, link);
    return link[0];
  };
  return nameStreams({ ...system, readLink }, 9, mounts);
}

test("a file of the host has the name that CRIU gives it, and all others have that of their link", (t) => {
  t.deepEqual(namesOf([["pipe:[12]"], ["/dev/null", 30], ["/var/log/one", 4095]]), [
    "pipe:[12]",
    "/dev/null",
    "file[fff:1]",
  ]);
});

test("a file whose mount the kernel does not tell keeps the name of its link", (t) => {
  t.deepEqual(namesOf([["/dev/null"], ["/dev/null"], ["socket:[3]", 31]]), ["/dev/null", "/dev/null", "socket:[3]"]);
});

test("a closed stream has no name, and any other error is one", (t) => {
  t.deepEqual(namesOf([["pipe:[1]"]]), ["pipe:[1]", "", ""]);
  t.throws(() => namesOf(["EACCES"]), { message: /EACCES/ });
});

test("a file of the host is external once", (t) => {
  t.deepEqual(externalFiles(["file[1:2]", "pipe:[3]", "/file[1:2]", "file[1:2]"]), ["file[1:2]"]);
});

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const read = (text?: string) => readStreams(dirOf({ "descriptors.json": text === undefined ? text : bytesOf(text) }));

test("what is written is read again", (t) => {
  let text = "";
  const names = ["pipe:[1]", "socket:[22]", "file[1f:a0]"];
  writeStreams(
    dirOf(
      {},
      {
        writeFile: (name, content) => {
          t.is(name, "descriptors.json");
          text = content;
        },
      },
    ),
    names,
  );
  t.deepEqual(read(text), names);
});

const notReplaced = [
  "/dev/null",
  "",
  "pipe:[]",
  "pipe:[1]x",
  "xpipe:[1]",
  "file[1:g]",
  "file[1]",
  "socket:[a]",
  "pipe:[-1]",
];
for (const name of notReplaced)
  test(`no stream is replaced by the name ${JSON.stringify(name)}`, (t) => {
    t.deepEqual(read(JSON.stringify(["pipe:[1]", name, "pipe:[2]"])), ["pipe:[1]", undefined, "pipe:[2]"]);
  });

test("three streams are read, and a name that is no text is none", (t) => {
  t.deepEqual(read('[1, ["pipe:[1]"]]'), [undefined, undefined, undefined]);
  t.deepEqual(read('["pipe:[1]", "pipe:[2]", "pipe:[3]", "pipe:[4]"]'), ["pipe:[1]", "pipe:[2]", "pipe:[3]"]);
});

const refused = {
  "that is missing": [undefined, "is missing: it is no checkpoint, or its dump failed", "/images"],
  "that is no list": ['{"0": "pipe:[1]"}', "cannot be read", "/images/descriptors.json"],
  "that is no JSON": ["[", "cannot be read", "/images/descriptors.json"],
  "of more than 64 KiB": [`[${" ".repeat(65536)}]`, "cannot be read", "/images/descriptors.json"],
} as const;

for (const [what, [text, found, path]] of Object.entries(refused))
  test(`a file ${what} is no checkpoint's`, (t) => {
    t.throws(() => read(text), { code: "E_CHECKPOINT_REFUSED", message: `"${path}": descriptors.json ${found}` });
  });
