import test from "ava";
import { CofferError } from "../errors.ts";
import { nameSignal, parseSignal } from "./signals.ts";

const parses = test.macro({
  exec(t, text: string, expected: number) {
    t.is(parseSignal(text), expected);
  },
  title: (_provided, text: string, expected: number) => `${text} is ${expected}`,
});

test(parses, "9", 9);
test(parses, "0", 0);
test(parses, "64", 64);
test(parses, "KILL", 9);
test(parses, "SIGKILL", 9);
test(parses, "sigterm", 15);
test(parses, "usr1", 10);
test(parses, "RTMIN", 34);
test(parses, "SIGRTMIN+3", 37);
test(parses, "RTMAX-1", 63);

const refuses = test.macro({
  exec(t, text: string) {
    const error = t.throws(() => parseSignal(text), { instanceOf: CofferError });
    t.true(CofferError.is(error, "E_USAGE"));
    t.regex(error?.message ?? "", /^unknown signal /);
  },
  title: (_provided, text: string) => `refuses ${JSON.stringify(text)}`,
});

for (const text of ["", "65", "-1", "FOO", "9x", "RTMAX+1", "RTMIN-1", "1.5", "999"]) test(refuses, text);

test("signals have their names back", (t) => {
  t.is(nameSignal(9), "SIGKILL");
  t.is(nameSignal(34), "SIGRTMIN+0");
});
