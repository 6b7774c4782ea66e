// Every combination of a caller's streams: what the launcher has, what the program has besides, and which lead to a terminal of
// its own. The program never has a descriptor that is the caller's terminal.
import test from "ava";
import { CofferError } from "../../../errors.ts";
import { SystemError } from "../../../system/error.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { FileStat, Stdio, System } from "../../../system/port.ts";
import { splitStreams } from "./streams.ts";

/** T is the caller's terminal, F a file, N /dev/null, P a pipe that the launcher makes, - nothing. */
const kinds = "TFNP-";
const fds: Readonly<Record<string, Stdio>> = { T: 10, F: 20, N: 30, P: "pipe", "-": "ignore" };
const memory = makeMemorySystem();
memory.put("/file", "");

const system: System = {
  ...memory,
  stat(path, options): FileStat {
    const fd = Number(/^\/proc\/self\/fd\/(\d+)$/.exec(path)?.[1] ?? -1);
    const file = memory.stat("/file", options);
    // The streams of the caller are 10 to 12 where they are its terminal, then files, then /dev/null.
    if (fd >= 10 && fd < 20) return { ...file, kind: "char", major: 136, minor: 0 };
    if (fd >= 20 && fd < 30) return file;
    if (fd >= 30) return { ...file, kind: "char", major: 1, minor: 3 };
    throw new SystemError("stat", path, "ENOENT");
  },
};

const streamsOf = (word: string): [Stdio, Stdio, Stdio] => {
  const [a = "ignore", b = "ignore", c = "ignore"] = [...word].map((kind, at) => {
    const fd = fds[kind] ?? "ignore";
    return typeof fd === "number" ? fd + at : fd;
  });
  return [a, b, c];
};

function rowOf(word: string): string {
  try {
    const { stdio, inputs, terminal } = splitStreams(system, { stdio: streamsOf(word) });
    const given = inputs.map((input) => `${input.name}=${"fd" in input ? input.fd : "?"}`);
    return `${word}: ${stdio.join(" ")} | ${given.join(" ")} | ${terminal.join(" ")}`;
  } catch (error) {
    if (!CofferError.is(error, "E_USAGE")) throw error;
    return `${word}: refused: ${error.details.argument}`;
  }
}

const wordsOf = (all: string): readonly string[] =>
  [...all].flatMap((a) => [...all].flatMap((b) => [...all].map((c) => `${a}${b}${c}`)));

/** A row: the streams, those of the launcher, those that the program has besides, those of the program's own terminal. */
const table = `
TTT: 10 11 12 |  | stdin stdout stderr
TTF: 10 11 22 |  | stdin stdout
TT-: 10 11 ignore |  | stdin stdout
TFT: ignore 12 12 | stdout=21 | stderr
TFF: ignore 21 22 |  | 
TF-: ignore 21 ignore |  | 
T-T: refused: stdout
T-F: ignore ignore 22 |  | 
T--: ignore ignore ignore |  | 
FTT: ignore 11 12 | stdin=20 | stdout stderr
FTF: ignore 11 22 | stdin=20 | stdout
FT-: ignore 11 ignore | stdin=20 | stdout
FFT: ignore 12 12 | stdin=20 stdout=21 | stderr
FFF: 20 21 22 |  | 
FF-: 20 21 ignore |  | 
F-T: refused: stdout
F-F: 20 ignore 22 |  | 
F--: 20 ignore ignore |  | 
-TT: ignore 11 12 |  | stdout stderr
-TF: ignore 11 22 |  | stdout
-T-: ignore 11 ignore |  | stdout
-FT: ignore 12 12 | stdout=21 | stderr
-FF: ignore 21 22 |  | 
-F-: ignore 21 ignore |  | 
--T: refused: stdout
--F: ignore ignore 22 |  | 
---: ignore ignore ignore |  | `;

test("terminal, file and nothing, as each of the three streams", (t) => {
  t.is(wordsOf("TF-").map(rowOf).join("\n"), table.slice(1));
});

test("/dev/null is a file, and a pipe is refused where the launcher would have to have another stream", (t) => {
  const asFiles = (row: string): string => row.replaceAll("N", "F").replaceAll(/3(?=\d)/g, "2");
  for (const word of wordsOf("TFN-")) t.is(asFiles(rowOf(word)), rowOf(word.replaceAll("N", "F")), word);
  for (const word of wordsOf("TFP").filter((one) => /^P.*T|P[^P]*T$/.test(one)))
    t.regex(rowOf(word), word.startsWith("P") ? /refused: stdin/ : /refused: stdout/, word);
});

test("no stream of the program is the caller's terminal, and without one nothing changes", (t) => {
  const isCallers = (fd: Stdio | undefined): boolean => typeof fd === "number" && fd >= 10 && fd < 20;
  for (const word of wordsOf(kinds).filter((one) => !rowOf(one).includes("refused"))) {
    const asked = streamsOf(word);
    const { stdio, inputs, terminal } = splitStreams(system, { stdio: asked });
    const own = (["stdin", "stdout", "stderr"] as const).map((name, at): Stdio | undefined => {
      const input = inputs.find((one) => one.name === name);
      if (terminal.includes(name)) return undefined;
      return input !== undefined && "fd" in input ? input.fd : stdio[at];
    });
    t.false(own.some(isCallers), word);
    if (!word.includes("T")) t.deepEqual([stdio, inputs, terminal], [asked, [], []], word);
  }
});
