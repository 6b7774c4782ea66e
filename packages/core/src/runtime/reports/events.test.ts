import test from "ava";
import { CofferError } from "../../errors.ts";
import { parseDuration } from "./events.ts";

const durations = test.macro((t, text: string, expected: number) => t.is(parseDuration(text), expected));

test("5s", durations, "5s", 5000);
test("100ms", durations, "100ms", 100);
test("1m30s", durations, "1m30s", 90_000);
test("1.5h", durations, "1.5h", 5_400_000);

for (const text of ["", "5", "s", "-5s", "0s", "5 s", "5d"])
  test(`"${text}" is no interval`, (t) => {
    const error = t.throws(() => parseDuration(text));
    t.true(CofferError.is(error, "E_USAGE") && error.details.argument === "interval");
  });
