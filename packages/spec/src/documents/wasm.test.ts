import test from "ava";
import { parseWasmSettings, SpecError } from "../index.ts";

const MiB = 1024 * 1024;

test("the least values of each limit are read", (t) => {
  const least = { compile: false, memory: 64 * MiB, seconds: 1, cache: 0 };
  t.deepEqual(parseWasmSettings(JSON.stringify(least)), least);
});

const wrong = { memory: 64 * MiB - 1, seconds: 0, cache: -1, compile: "no", other: 1 };

for (const [name, value] of Object.entries(wrong))
  test(`a wrong ${name} is refused, and named`, (t) => {
    const error = t.throws(() => parseWasmSettings(JSON.stringify({ [name]: value })), { instanceOf: SpecError });
    t.is(error?.code, "E_PROFILE_INVALID");
    t.regex(error?.message ?? "", new RegExp(name));
  });
