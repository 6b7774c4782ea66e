// Outputs and logs that cannot be written, or that nobody reads; words that cannot be read.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { frontArgv } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const programs = {
  coffer: cofferArgv(),
  "coffer-oci": frontArgv("coffer-oci"),
};

for (const [name, argv] of Object.entries(programs)) {
  test.serial(`${name} tells of an output that cannot be written, in a line`, async (t) => {
    const quoted = argv.map((word) => `'${word}'`).join(" ");
    const full = await command(["sh", "-c", `${quoted} features >/dev/full`]);
    t.is(full.stderr, `${name}: cannot write to standard output: no space left on device\n`);
    t.is(full.exitCode, 1);
    const gone = await command(["sh", "-c", `{ ${quoted} features; echo $? >&2; } | true`]);
    t.is(gone.stderr, "0\n");
  });

  test.serial(`${name} tells of a log that cannot be written, besides the error`, async (t) => {
    const { stderr, exitCode } = await command([...argv, "--log", "/nowhere/log", "state", "nothing"]);
    t.regex(
      stderr,
      new RegExp(
        `^${name}: cannot write the log "/nowhere/log": no such file or directory\n${name}: container nothing does not exist`,
      ),
    );
    t.is(exitCode, 1);
  });

  test.serial(`${name} makes the log, also where there is nothing to say, and keeps what is there`, async (t) => {
    const log = join(makeBox(t).path, "log");
    const { stderr, exitCode } = await command([...argv, "--log", log, "features"]);
    t.deepEqual({ stderr, exitCode, text: readFileSync(log, "utf8") }, { stderr: "", exitCode: 0, text: "" });
    writeFileSync(log, "earlier\n");
    await command([...argv, "--log", log, "features"]);
    t.is(readFileSync(log, "utf8"), "earlier\n");
  });

  test.serial(`${name} passes no other bytes on than it was given`, async (t) => {
    const quoted = argv.map((word) => `'${word}'`).join(" ");
    const other = await command(["sh", "-c", `${quoted} state "$(printf 'a\\377')"`]);
    t.is(other.stderr, `${name}: the argument "a\ufffd" is not UTF-8, and would not be passed on as it is\n`);
    t.is(other.exitCode, 1);
    // That character itself is text.
    t.regex((await command([...argv, "state", "a\ufffd"])).stderr, /: invalid container ID format: "a\ufffd"/);
  });
}
