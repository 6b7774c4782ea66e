import test from "ava";
import { CofferError } from "../../errors.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import { ensureRoot, findRoot } from "./state-root.ts";

test("a missing root is made when it is needed", (t) => {
  const system = makeMemorySystem();
  const runtime = { system, root: "/run/coffer" };
  t.is(findRoot(runtime), undefined);
  ensureRoot(runtime);
  t.truthy(findRoot(runtime));
});

type How = Parameters<ReturnType<typeof makeMemorySystem>["put"]>[2];
const uid = 1000;

function findIn(how: Readonly<Record<string, How>>) {
  const system = makeMemorySystem(uid);
  system.put("/a/b/state");
  for (const [path, one] of Object.entries(how)) system.put(path, undefined, one);
  return findRoot({ system: { ...system, readLink: () => "user:[4026531837]" }, root: "/a/b/state" });
}

const refused = test.macro((t, how: Readonly<Record<string, How>>, words: RegExp) => {
  const error = t.throws(() => findIn(how), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_IO"));
  t.regex(error?.message ?? "", words);
});

const root = "/a/b/state";
test("a root that is a link is refused", refused, { [root]: { kind: "link" } }, /: it is a link/);
test("a root of another user is refused", refused, { [root]: { uid: 0 } }, /belongs to user 0/);
test("a root that others may write to is refused", refused, { [root]: { mode: 0o777 } }, /others may write to it/);
test("a root that a group may write to is refused", refused, { [root]: { mode: 0o770 } }, /others may write to it/);
test("a parent of another user is refused", refused, { "/a": { uid: 7 } }, /\/a, on the way to it, belongs to user 7/);
test("a parent that others may write to is refused", refused, { "/a/b": { mode: 0o777 } }, /\/a\/b, on .* others may/);
test(
  "a parent that a group may write to is refused",
  refused,
  { "/a": { mode: 0o775, gid: 50 } },
  /group 50 may write/,
);
test(
  "a link of another user on the way is refused",
  refused,
  { "/a/b": { kind: "link", uid: 7 } },
  /belongs to user 7/,
);

const accepted = test.macro((t, how: Readonly<Record<string, How>>) => {
  t.truthy(findIn(how));
});

test("a parent of root is accepted", accepted, { "/a": { uid: 0 } });
test("a parent with the sticky bit is accepted", accepted, { "/a": { uid: 0, mode: 0o1777 } });
test("a parent that the user's own group may write to is accepted", accepted, { "/a": { mode: 0o775, gid: uid } });
test("a link of root on the way is accepted", accepted, { "/a/b": { kind: "link", mode: 0o777, uid: 0 } });
