// The configuration of CRIU that a config names: whom its path has to belong to.
import test from "ava";
import { makeMemorySystem } from "../system/memory.ts";
import { criuConfig } from "./config-file.ts";

const key = "org.criu.config";
const path = "/etc/criu/one.conf";
const rootOnly = { mode: 0o755, uid: 0, gid: 0 };

type Entry = Parameters<ReturnType<typeof makeMemorySystem>["put"]>[2];

/** What is answered for the file where something on its path has another owner, mode or kind. */
function answer(changed: string, how: Entry, name = path): string | undefined {
  const system = makeMemorySystem();
  for (const dir of ["/", "/etc", "/etc/criu"]) system.put(dir, undefined, rootOnly);
  system.put(path, "", { ...rootOnly, mode: 0o644 });
  system.put(changed, changed === path ? "" : undefined, { ...rootOnly, ...how });
  return criuConfig({ system }, { annotations: { [key]: name } });
}

test("a config that names no file has none", (t) => {
  t.is(criuConfig({ system: makeMemorySystem() }, {}), undefined);
  t.is(criuConfig({ system: makeMemorySystem() }, { annotations: { other: path } }), undefined);
});

const taken: readonly (readonly [what: string, changed: string, how: Entry])[] = [
  ["of root", path, { mode: 0o644 }],
  ["beneath a sticky directory where everybody may write", "/etc", { mode: 0o1777 }],
];
for (const [what, changed, how] of taken) test(`a file ${what} is taken`, (t) => t.is(answer(changed, how), path));

const refused: readonly (readonly [what: string, changed: string, how: Entry, message: RegExp])[] = [
  ["of another user", path, { uid: 1000 }, /\/etc\/criu\/one\.conf belongs to user 1000/],
  ["that everybody may write", path, { mode: 0o646 }, /one\.conf others may write to it/],
  ["in a directory of another user", "/etc/criu", { uid: 1000 }, /\/etc\/criu belongs to user 1000/],
  ["beneath a directory that everybody may write", "/etc", { mode: 0o777 }, /\/etc others may write to it/],
  ["beneath a root directory of another user", "/", { uid: 5 }, /\/ belongs to user 5/],
  ["that is a link", path, { kind: "link" }, /one\.conf is a symbolic link/],
];
for (const [what, changed, how, message] of refused)
  test(`a file ${what} is refused`, (t) => {
    t.throws(() => answer(changed, how), { code: "E_CONFIG_INVALID", message });
  });

for (const name of ["etc/criu/one.conf", "/etc/criu/../criu/one.conf", ".."])
  test(`the path ${name} is refused`, (t) => {
    t.throws(() => answer(path, {}, name), { message: /is not an absolute path without "\.\."/ });
  });

test("a file that is missing is refused", (t) => {
  t.throws(() => answer(path, {}, "/etc/criu/two.conf"), { message: /two\.conf" cannot be read: / });
});

test("an error that is not of the system is passed on", (t) => {
  const system = {
    ...makeMemorySystem(),
    stat: () => {
      throw new TypeError("a bug");
    },
  };
  t.throws(() => criuConfig({ system }, { annotations: { [key]: path } }), { instanceOf: TypeError });
});
