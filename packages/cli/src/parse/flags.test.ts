import test from "ava";
import type { Flags } from "../table/flag.ts";
import { parseFlags, readValues, UsageError } from "./flags.ts";
import { wordings } from "./wording.ts";

const wording = wordings["coffer-oci"];

const flags: Flags = {
  force: { kind: "boolean", help: "", char: "f" },
  bundle: { kind: "text", help: "", char: "b" },
  env: { kind: "texts", help: "", char: "e" },
  "preserve-fds": { kind: "number", help: "" },
  trace: { kind: "optional", help: "" },
};

const reads = test.macro({
  exec(t, line: string, words: string, values: Readonly<Record<string, readonly string[]>>, wordsBeforeRest?: number) {
    const parsed = parseFlags(line.split(" "), flags, { wording, wordsBeforeRest });
    t.is(parsed.words.join(" "), words);
    t.deepEqual(Object.fromEntries(parsed.values), values);
  },
  title: (_provided, line: string) => `reads: ${line}`,
});

test(reads, "c", "c", {});
test(reads, "--force c", "c", { force: ["true"] });
test(reads, "-force c", "c", { force: ["true"] });
test(reads, "-f c", "c", { force: ["true"] });
test(reads, "--force=false c", "c", { force: ["false"] });
test(reads, "c --force", "c", { force: ["true"] });
test(reads, "--bundle dir c", "c", { bundle: ["dir"] });
test(reads, "-bundle=a=b c", "c", { bundle: ["a=b"] });
test(reads, "--bundle --force c", "c", { bundle: ["--force"] });
test(reads, "-e A=1 --env B=2 c", "c", { env: ["A=1", "B=2"] });
test(reads, "--bundle a --bundle b", "", { bundle: ["b"] });
test(reads, "c -- --force", "c --force", {});
test(reads, "c - x", "c - x", {});
test(reads, "-f c ls -la", "c ls -la", { force: ["true"] }, 1);
test(reads, "-f ls -la", "ls -la", { force: ["true"] }, 0);
test(reads, "--force=F c", "c", { force: ["false"] });
test(reads, "--force=f c", "c", { force: ["false"] });
test(reads, "--force=t c", "c", { force: ["true"] });
test(reads, "--force=1 c", "c", { force: ["true"] });
test(reads, "--force=0 c", "c", { force: ["false"] });
test(reads, "--preserve-fds 3 c", "c", { "preserve-fds": ["3"] });
test(reads, "--trace c", "c", { trace: [""] });
test(reads, "--trace=a.html ls --trace=b", "ls --trace=b", { trace: ["a.html"] }, 0);

const refuses = test.macro({
  exec(t, line: string, message: RegExp) {
    t.throws(() => parseFlags(line.split(" "), flags, { wording }), { instanceOf: UsageError, message });
  },
  title: (_provided, line: string) => `refuses: ${line}`,
});

test(refuses, "--nonsense c", /flag provided but not defined: -nonsense/);
test(refuses, "--toString c", /flag provided but not defined/);
test(refuses, "-constructor c", /flag provided but not defined/);
test(refuses, "-f=constructor c", /invalid boolean value "constructor" for -force/);
test(refuses, "--force=maybe c", /invalid boolean value "maybe" for -force/);
test(refuses, "c --bundle", /flag needs an argument: -bundle/);
test(refuses, "--preserve-fds -1 c", /invalid value "-1" for flag -preserve-fds/);
test(refuses, "--preserve-fds x c", /invalid value "x"/);

test("values are read by their kind", (t) => {
  const values = readValues(parseFlags(["-f", "--preserve-fds=2", "-e", "A=1"], flags, { wording }));
  t.true(values.boolean("force"));
  t.false(values.boolean("bundle"));
  t.is(values.number("preserve-fds"), 2);
  t.is(values.text("bundle"), undefined);
  t.deepEqual(values.texts("env"), ["A=1"]);
});
