import test from "ava";
import { makeMemorySystem } from "../system/memory.ts";
import { toAbsolute } from "../system/working-directory.ts";
import { defaultRoot } from "./runtime.ts";

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
