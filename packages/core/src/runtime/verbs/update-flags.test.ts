import test from "ava";
import { CofferError } from "../../errors.ts";
import { parseBytes, resourcesOfFlags } from "./update-flags.ts";

const sizes = test.macro((t, text: string, expected: bigint) => t.is(parseBytes("memory", text), expected));

test("0", sizes, "0", 0n);
test("-1", sizes, "-1", -1n);
test("64M", sizes, "64M", 64n << 20n);
test("64 MiB", sizes, "64 MiB", 64n << 20n);
test("1.5g", sizes, "1.5g", 3n << 29n);
test("7kb", sizes, "7kb", 7168n);
test("9b", sizes, "9b", 9n);
test("8P", sizes, "8P", 8n << 50n);

for (const text of ["", "M", "-2", "1X", "1.M", "0x10", "1e3", " 1"])
  test(`"${text}" is no size`, (t) => {
    const error = t.throws(() => parseBytes("memory", text));
    t.true(CofferError.is(error, "E_USAGE") && error.details.argument === "memory");
  });

test("flags that are not given say nothing", (t) => {
  t.deepEqual(resourcesOfFlags({ memory: "", "cpu-quota": "-1" }), { memory: {}, cpu: { quota: -1n }, blockIO: {} });
});
