// `node test/vm/run.ts [--debian] [--timeout SECONDS] [--console] -- COMMAND…`: runs a command as root in a guest, in this
// directory and with this PATH. Its output and exit status are those of the command; 125 when the guest did not get so far.
import { parseArgs } from "node:util";
import { runDebian } from "./debian.ts";
import { runFast } from "./fast.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    timeout: { type: "string", default: "120" },
    console: { type: "boolean", default: false },
    debian: { type: "boolean", default: false },
  },
});

/** A word as a shell reads it back. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const script = [
  "#!/bin/sh",
  `export PATH=${quoted(process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin")}`,
  `cd ${quoted(process.cwd())} || exit 125`,
  `exec ${positionals.map(quoted).join(" ")}`,
  "",
];
const run = values.debian ? runDebian : runFast;
const outcome = await run(script.join("\n"), { timeoutMs: Number(values.timeout) * 1000 });
process.stdout.write(outcome.stdout);
process.stderr.write(outcome.stderr);
if (values.console || outcome.exitCode === undefined) process.stderr.write(outcome.console);
if (outcome.timedOut) process.stderr.write(`the guest was ended after ${values.timeout} s\n`);
process.stderr.write(values.console ? `${outcome.seconds.toFixed(1)} s\n` : "");
process.exitCode = outcome.exitCode ?? 125;
