import test from "ava";
import { CofferError } from "../errors.ts";
import { makeMemorySystem } from "../system/memory.ts";
import { defaultRoot, ensureRoot, hasRoot, toAbsolute } from "./runtime.ts";

const paths = test.macro({
  exec(t, path: string, expected: string) {
    t.is(toAbsolute(makeMemorySystem(), path), expected);
  },
  title: (_provided, path: string) => `${path} from /work`,
});

test(paths, ".", "/work");
test(paths, "a", "/work/a");
test(paths, "../a", "/a");
test(paths, "/a//b/./c/..", "/a/b");
test(paths, "/", "/");

test("state is kept where a restart empties it", (t) => {
  t.is(defaultRoot(makeMemorySystem(0)), "/run/coffer");
  t.is(defaultRoot(makeMemorySystem(1000)), "/tmp/coffer-1000");
  const system = makeMemorySystem(1000);
  t.is(
    defaultRoot({ ...system, caller: { ...system.caller, env: { XDG_RUNTIME_DIR: "/run/user/1000" } } }),
    "/run/user/1000/coffer",
  );
});

test("a missing root is made when it is needed", (t) => {
  const system = makeMemorySystem();
  const runtime = { system, root: "/run/coffer" };
  t.false(hasRoot(runtime));
  ensureRoot(runtime);
  t.true(hasRoot(runtime));
});

const refusesRoot = test.macro((t, how: Parameters<ReturnType<typeof makeMemorySystem>["put"]>[2]) => {
  const system = makeMemorySystem(1000);
  system.put("/state", undefined, how);
  const error = t.throws(() => hasRoot({ system, root: "/state" }), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_IO"));
});

test("a root that is a link is refused", refusesRoot, { kind: "link" });
test("a root of another user is refused", refusesRoot, { uid: 0 });
test("a root that others may write to is refused", refusesRoot, { mode: 0o777 });
test("a root that a group may write to is refused", refusesRoot, { mode: 0o770 });
