// Places of Coffer's own, and whether what may be written reaches them: by their path, by a link, or by a second path.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { ownPlaces, planPlaces } from "./places.ts";
import { placesWithin } from "./reach.ts";

const place = "/home/u/.cache/coffer";

/** A line of mountinfo: `DEVICE ROOT POINT`. */
const line = (mount: string, index: number): string => {
  const [device, root, point] = mount.split(" ");
  return `${index + 20} 1 ${device} ${root} ${point} rw - ext4 /dev/x rw\n`;
};

function makeHost(mounts: readonly string[], links: Readonly<Record<string, string>> = {}) {
  const system = makeMemorySystem(1000);
  system.put("/proc/self/mountinfo", mounts.map(line).join(""));
  system.put("/home/u", undefined, { uid: 1000 });
  for (const [path, target] of Object.entries(links)) {
    const content = new TextEncoder().encode(target);
    system.entries.set(path, { kind: "link", content, mode: 0o777, uid: 1000, gid: 1000 });
  }
  const readLink = (path: string): string => links[path] ?? system.readLink(path);
  return { ...system, readLink };
}

/** Mounts, what may be written, and the other path of the place: undefined without one. */
const hosts: Readonly<Record<string, readonly [readonly string[], string, string | undefined]>> = {
  "a directory beside": [["8:1 / /"], "/home/u/project", undefined],
  "a bind of the home directory": [["8:1 / /", "8:1 /home/u /alias"], "/alias", "/alias/.cache/coffer"],
  "a bind of what is above it": [["8:1 / /", "8:1 /home /alias"], "/alias/u", "/alias/u/.cache/coffer"],
  "a bind in what may be written": [["8:1 / /", "8:1 /home /a/b"], "/a", "/a/b/u/.cache/coffer"],
  "a bind of the place itself": [["8:1 / /", "8:1 /home/u/.cache/coffer /a/b"], "/a", "/a/b"],
  "a part of the place": [["8:1 / /", "8:1 /home/u /a"], "/a/.cache/coffer/x", "/a/.cache/coffer/x"],
  "the home directory is a bind": [["8:1 / /", "8:1 /data/u /home/u"], "/data", "/data/u/.cache/coffer"],
  "a project by a second path": [["8:1 / /", "8:1 /home/u /alias"], "/alias/project", undefined],
  "the same path of another file system": [["8:1 / /", "8:2 / /alias"], "/alias", undefined],
  "a bind that is covered": [["8:1 / /", "8:1 / /a", "8:2 / /a/home"], "/a", undefined],
};

for (const [title, [mounts, source, alias]] of Object.entries(hosts))
  test(`a second path: ${title}`, (t) => {
    const find = () => placesWithin(makeHost(mounts), [place], [source]);
    if (alias === undefined) t.deepEqual(find(), []);
    else t.throws(find, { message: new RegExp(`"${place}" be exchanged.*"${alias}" is the same by another path`) });
  });

test("a place is found by its own path, there or not", (t) => {
  t.deepEqual(placesWithin(makeHost(["8:1 / /"]), [place], ["/home"]), [place]);
  t.deepEqual(placesWithin(makeHost(["8:1 / /"]), [place], ["/home/u", place]), [place]);
  t.deepEqual(placesWithin(makeHost([]), [place], []), []);
});

test("a link that can be written is refused, and another is followed", (t) => {
  const system = makeHost(["8:1 / /"], { "/home/u/.cache": "../../data/x" });
  t.throws(() => placesWithin(system, [place], ["/home/u"]), { message: /the link "\/home\/u\/.cache" leads to it/ });
  t.deepEqual(placesWithin(system, [place], ["/data"]), ["/data/x/coffer"]);
  t.deepEqual(placesWithin(system, [place], ["/other"]), []);
});

test("a link that the caller cannot replace is none of the sandbox's", (t) => {
  const system = makeHost(["8:1 / /"], { "/var": "/srv" });
  system.put("/", undefined, { uid: 0 });
  t.deepEqual(placesWithin(system, ["/var/lib/coffer"], ["/"]), ["/srv/lib/coffer"]);
});

test("every place in which plans may be is one of Coffer's own, whatever the variables say", (t) => {
  for (const uid of [0, 1000]) {
    const system = makeMemorySystem(uid);
    for (const env of [{}, { XDG_RUNTIME_DIR: "/x" }]) {
      const own = ownPlaces({ ...system, caller: { ...system.caller, env } }, []);
      for (const path of planPlaces(system)) t.true(own.some((one) => path.startsWith(`${one}/`)));
    }
  }
});
