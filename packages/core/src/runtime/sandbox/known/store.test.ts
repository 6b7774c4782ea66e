import { createHash } from "node:crypto";
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { openKeptFiles } from "./store.ts";

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function makeHost() {
  const system = makeMemorySystem(0);
  system.put("/run");
  return { ...system, digest, build: "1" };
}

/** A key with these two places. */
const keyOf = (first: number, second: number, rest: string): string =>
  [first, second].map((place) => place.toString(16).padStart(8, "0")).join("") + rest.padEnd(48, "0");

test("two keys with one first place are kept beside each other, and a third takes the place of the first", (t) => {
  const system = makeHost();
  const keep = (key: string, content: number): void => {
    const file = openKeptFiles(system).file("container-", key);
    file.read();
    file.write(Uint8Array.of(content));
  };
  const recall = (key: string): number | undefined => openKeptFiles(system).file("container-", key).read()?.[0];
  const keys = [keyOf(3, 4, "a"), keyOf(3, 5, "b"), keyOf(3, 5, "c")] as const;
  keep(keys[0], 10);
  keep(keys[1], 11);
  t.deepEqual(keys.map(recall), [10, 11, undefined]);
  // What is kept again stays where it is.
  keep(keys[1], 21);
  t.deepEqual(keys.map(recall), [10, 21, undefined]);
  keep(keys[2], 12);
  t.deepEqual(keys.map(recall), [undefined, 21, 12]);
  const files = [...system.entries.keys()].filter((path) => path.includes("container-"));
  t.deepEqual(
    files.map((path) => path.replace(/^.*container-/, "")),
    ["3", "5"],
  );
});

test("a key is not another's at its place, and what was changed is nobody's", (t) => {
  const system = makeHost();
  const key = keyOf(7, 7, "a");
  const file = openKeptFiles(system).file("container-", key);
  file.write(Uint8Array.of(1, 2));
  t.deepEqual(openKeptFiles(system).file("container-", key).read(), Uint8Array.of(1, 2));
  t.is(
    openKeptFiles(system)
      .file("container-", keyOf(7, 7, "b"))
      .read(),
    undefined,
  );
  const kept = system.readBytes(file.path, 1000);
  kept[kept.length - 1] = 3;
  system.writeFile(file.path, kept, { mode: 0o600 });
  t.is(openKeptFiles(system).file("container-", key).read(), undefined);
});

test("a process that may stay keeps the last of them in its memory, and no file", (t) => {
  const { build: _, ...system } = makeHost();
  const keyed = (number: number): string => openKeptFiles(system).keyOf({ number }) ?? "";
  const recall = (number: number) => openKeptFiles(system).file("", keyed(number)).read()?.[0];
  for (let number = 0; number < 40; number++)
    openKeptFiles(system).file("", keyed(number)).write(Uint8Array.of(number));
  t.deepEqual([0, 7, 8, 39].map(recall), [undefined, undefined, 8, 39]);
  t.is(openKeptFiles(system).file("exec-", keyed(39)).read(), undefined);
  t.is(
    openKeptFiles({ ...system })
      .file("", keyed(39))
      .read(),
    undefined,
  );
  t.deepEqual([...system.entries.keys()], ["/", "/run"]);
});
