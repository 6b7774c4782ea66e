import test from "ava";
import { CofferError } from "../../errors.ts";
import { bytesLost, parseRecord, partNumber, showBytes } from "./records.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const time = "1764600000.123456789";

const reads = test.macro({
  exec: (t, text: string, stream: string, goesOn: boolean, content: string) => {
    t.deepEqual(parseRecord("id", "log.0", bytesOf(`${time} ${text}`)), {
      stream,
      time,
      bytes: bytesOf(content),
      goesOn,
    });
  },
  title: (_, text) => `a record: ${JSON.stringify(text)}`,
});

test(reads, "stdout F text", "stdout", false, "text");
test(reads, "stderr P ", "stderr", true, "");
test(reads, "stdout F  \0\xff\x80 coffer F end", "stdout", false, " \0\xff\x80 coffer F end");

test("what the satellite says is no record of the program", (t) => {
  t.is(parseRecord("id", "log.0", bytesOf(`${time} coffer F part 1`)), undefined);
});

const broken = test.macro({
  exec: (t, line: string) => {
    const error = t.throws(() => parseRecord("id", "log.0", bytesOf(line)), { instanceOf: CofferError });
    t.is(error?.code, "E_STATE_CORRUPT");
  },
  title: (_, line) => `no record: ${JSON.stringify(line)}`,
});

for (const line of [
  "",
  `${time} stdout`,
  `${time} stdin F a`,
  `${time} stdout X a`,
  `1${time} stdout F a`,
  "\xff".repeat(99),
])
  test(broken, line);

const numbers: readonly (readonly [string, number | undefined])[] = [
  [`${time} coffer F part 12\n`, 12],
  [`${time} coffer F part 12`, undefined],
  [`${time} coffer F part -1\n`, undefined],
  [`${time} coffer F part 1234567890123456\n`, undefined],
  [`${time} stdout F part 12\n`, undefined],
  ["", undefined],
];

for (const [begin, number] of numbers)
  test(`the part of ${JSON.stringify(begin)}`, (t) => t.is(partNumber(bytesOf(begin)), number));

test("what was lost is told by the satellite alone", (t) => {
  t.is(bytesLost(bytesOf(`${time} coffer F lost 12`)), 12);
  for (const text of ["coffer F part 12", "stdout F coffer F lost 12", "coffer F lost 12 ", "coffer F lost"])
    t.is(bytesLost(bytesOf(`${time} ${text}`)), undefined, text);
});

test("a terminal gets tabs, and no other control characters", (t) => {
  t.is(showBytes(bytesOf("a\tb\x1b[2J\r\x07\x9b\xc2\x9b")), "a\tb\\x1b[2J\\x0d\\x07\\x9b\\u009b");
});
