// Programs that have the whole screen, and read single keys: an editor, a table that moves, a terminal in the terminal.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { start } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import type { Need } from "../helpers/needs.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

interface Screen {
  readonly need: Need;
  readonly command: readonly string[];
  /** What is seen, and what is typed then. */
  readonly talk: readonly (readonly [seen: string, typed: string])[];
  /** The file `text` afterwards. */
  readonly text: string;
}

const screens: readonly Screen[] = [
  { need: "vi", command: ["vi", "-u", "NONE", "text"], talk: [["second", ":1d\r:wq\r"]], text: "second\n" },
  { need: "htop", command: ["htop"], talk: [["coffer-init", "q"]], text: "first\nsecond\n" },
  {
    need: "tmux",
    command: ["tmux", "-f", "/dev/null", "new-session"],
    talk: [
      ["[0]", "echo in=$((20 + 3)); cat text > copy; cat copy copy > text\r"],
      ["in=23", "exit\r"],
    ],
    text: "first\nsecond\nfirst\nsecond\n",
  },
];

const works = test.macro({
  exec: async (t, who: Who, { need, command, talk, text }: Screen) => {
    if (!(await needs(t, "root", "user", "userns", need))) return;
    const { box, env } = await makePlace(t, who, "printf 'first\\nsecond\\n' > text");
    const words = [...cofferArgv(), "sandbox", "--rw", "--tools", "none", "--", ...command];
    const running = start([tools(), "pty", "24x80", "--", ...(who === "user" ? asUser : []), ...words], {
      cwd: box.path,
      env: { ...env, TERM: "xterm" },
      keepStdin: true,
    });
    for (const [seen, typed] of talk) {
      await running.saw(seen);
      running.write(typed);
    }
    const { exitCode, stdout, stderr } = await running.done;
    t.is(exitCode, 0, stdout);
    t.true(stderr.endsWith("modes kept\n"), stderr);
    t.is(readFileSync(join(box.path, "text"), "utf8"), text);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who, { need }: Screen) => `as ${who}: ${need} has the whole screen`,
});
test.serial("TERM is passed on if standard output is a terminal, whatever standard input is", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await makePlace(t, "root");
  const line = [...cofferArgv(), "sandbox", "--tools", "none", "--", "sh", "-c", "echo is=$TERM"];
  const seen = async (redirection: string): Promise<string> => {
    const script = `"$@" ${redirection}`;
    const words = [tools(), "pty", "24x80", "--", "sh", "-c", script, "sh", ...line];
    return (await start(words, { cwd: box.path, env: { ...env, TERM: "vt220" } }).done).stdout;
  };
  t.regex(await seen("</dev/null"), /is=vt220/);
  t.regex(await seen("</dev/null | cat"), /is=dumb/);
});

for (const screen of screens) for (const who of ["root", "user"] as const) test.serial(works, who, screen);
