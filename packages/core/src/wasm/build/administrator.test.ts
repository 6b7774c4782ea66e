// What /etc/coffer/wasm.json changes: of each limit the smaller one counts.
import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { compileBounds, requireCompiling } from "./administrator.ts";

const path = "/etc/coffer/wasm.json";

function boundsWith(text: string) {
  const system = makeMemorySystem();
  system.put(path, text);
  return compileBounds(system);
}

test("without a file, the bounds are coffer's", (t) => {
  const { memory, timeoutMs, cache, compile } = compileBounds(makeMemorySystem());
  t.deepEqual(
    { memory, timeoutMs, cache, compile },
    { memory: 3 * 2 ** 30, timeoutMs: 600_000, cache: 2 ** 30, compile: true },
  );
});

test("a smaller limit counts", (t) => {
  const { memory, timeoutMs, cache } = boundsWith('{"memory":1073741824,"seconds":30,"cache":1048576}');
  t.deepEqual({ memory, timeoutMs, cache }, { memory: 2 ** 30, timeoutMs: 30_000, cache: 2 ** 20 });
});

test("a larger limit does not count", (t) => {
  const larger = boundsWith('{"memory":1099511627776,"seconds":86400,"cache":1099511627776}');
  t.deepEqual(larger, compileBounds(makeMemorySystem()));
});

test("compilation may be forbidden", (t) => {
  const system = makeMemorySystem();
  system.put(path, '{ "compile": false } // here nobody compiles');
  t.throws(() => requireCompiling(system), { code: "E_HOST_UNSUPPORTED", message: /forbids to compile/ });
});

test("a file with an unknown word forbids everything, by an error", (t) => {
  t.throws(() => boundsWith('{"compiler":false}'), { code: "E_CONFIG_INVALID" });
});
