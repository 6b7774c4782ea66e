// A list of steps that cannot be read again is not begun.
import test from "ava";
import { SystemError } from "../../../system/error.ts";
import { writeSteps } from "./journals.ts";

const steps = [{ slot: "0", path: "a", out: "-", incoming: "f 1 1 1 420 0" }];

/** A disk that gives back less than it got. */
const disk = (readText: (text: string, limit: number) => string) => {
  let text = "";
  return {
    writeFile: (path: string, content: string | Uint8Array): void => {
      if (path.endsWith("steps.json")) text = String(content);
    },
    readText: (_: string, limit: number): string => readText(text, limit),
  };
};

test("steps that can be read again are written", (t) => {
  t.notThrows(() =>
    writeSteps(
      disk((text) => text),
      "/x",
      steps,
    ),
  );
});

const rows: readonly (readonly [title: string, read: (text: string) => string])[] = [
  [
    "too long",
    () => {
      throw new SystemError("read", "/x", "EFBIG");
    },
  ],
  ["cut", (text) => text.slice(0, -1)],
  ["another", () => "[]"],
];
for (const [title, read] of rows)
  test(`steps that come back ${title} are refused`, (t) => {
    t.throws(() => writeSteps(disk(read), "/x", steps), {
      message: /nothing is applied: its list of 1 steps is too long/,
    });
  });

test("a list that is longer than what is ever read is not even written", (t) => {
  const path = "p".repeat(1 << 20);
  const many = Array.from({ length: 64 }, (_, at) => ({ slot: `${at}`, path, out: "-", incoming: "-" }));
  let isWritten = false;
  const system = {
    writeFile: () => {
      isWritten = true;
    },
    readText: () => "",
  };
  t.throws(() => writeSteps(system, "/x", many), { message: /too long/ });
  t.false(isWritten);
});
