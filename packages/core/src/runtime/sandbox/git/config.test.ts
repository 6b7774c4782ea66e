import test from "ava";
import { readConfig } from "./config.ts";

const settings = test.macro<[text: string, expected: Readonly<Record<string, string>>]>({
  exec(t, text, expected) {
    const { settings: found, isWhole } = readConfig(text);
    t.true(isWhole);
    t.deepEqual(Object.fromEntries(found.map(({ key, value }) => [key, value])), expected);
  },
  title: (_, text) => `is read: ${JSON.stringify(text)}`,
});

test(settings, "[core]\n\tbare = false\n", { "core.bare": "false" });
test(settings, "[core] hooksPath = x", { "core.hookspath": "x" });
test(settings, "[core]hooksPath=x # no\n fsmonitor", { "core.hookspath": "x", "core.fsmonitor": "true" });
test(settings, '[filter "A b\\"c"] Clean = "a;b" c ; no', { 'filter.A b"c.clean': "a;b c" });
test(settings, "[Filter.X]\nclean = a\\\n  b\\t", { "filter.x.clean": "a  b\t" });
test(settings, "[a]\r\nb = c  \r\n[a]d=e\r\n", { "a.b": "c", "a.d": "e" });
test(settings, '[a]\nb = "x\\\\" y "  "', { "a.b": "x\\ y   " });
test(settings, "# [a]\n; b = c\n\n[d] e-1 =\n", { "d.e-1": "" });
test(settings, "\uFEFF[a]b=c", { "a.b": "c" });
test(settings, "[a]b=c\rd", { "a.b": "c\rd" });

const broken = test.macro<[text: string, count: number]>({
  exec(t, text, count) {
    const { settings: found, isWhole } = readConfig(text);
    t.false(isWhole);
    t.is(found.length, count);
  },
  title: (_, text) => `git does not understand: ${JSON.stringify(text)}`,
});

test(broken, "[a]\nb = c\n!x", 1);
test(broken, "[a]\nb c", 0);
test(broken, '[a]\nb = "c\n', 0);
test(broken, "[a]\nb = \\x", 0);
test(broken, '[a "b]\nc', 0);
test(broken, "[a b]\nc = d", 0);
test(broken, "[a", 0);
test(broken, "[a]\nb = c\0d", 0);
