// A sandbox is a job of the caller's shell: ^Z stops it, fg and bg continue it, and one in the background leaves the terminal.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { findLauncher } from "../helpers/callers/served.ts";
import { pause, start, until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

const stop = "\u001a";

const isJob = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const shell = [...(who === "user" ? asUser : []), "bash", "--norc", "-i"];
    const sandbox = [...cofferArgv(), "sandbox", "--rw", "--tools", "none", "--", "sh", "-c"].join(" ");
    const running = start([tools(), "pty", "24x160", "--", ...shell], {
      cwd: box.path,
      env: { ...env, TERM: "dumb", PS1: "ready> " },
      keepStdin: true,
    });
    await running.saw("ready> ");
    /** Types a line, which has something else than the answer to it. */
    const say = async (line: string, answer: string): Promise<void> => {
      running.write(`${line}\r`);
      await running.saw(answer);
    };
    const ticks = join(box.path, "ticks");
    const size = (): number => (existsSync(ticks) ? statSync(ticks).size : 0);
    /** Whether it goes on to write. */
    const goesOn = async (): Promise<boolean> => {
      await pause(300);
      const before = size();
      await pause(300);
      return size() > before;
    };
    await say(
      `${sandbox} 'echo now=$((1 + 1)); (while echo; do sleep 0.02; done >ticks) & read line; kill $!; echo "got=$line$((2 + 3))"'`,
      "now=2",
    );
    await until("it writes", () => size() > 0);
    running.write(stop);
    await running.saw("Stopped");
    t.false(await goesOn(), "while it is stopped");
    await say("echo after=$((1 + 2))", "after=3");
    await say("bg; echo then=$((2 + 2))", "then=4");
    await until("it goes on in the background", goesOn);
    await say("echo mine=$((3 + 3))", "mine=6");
    // A shell that brings a job that runs to the foreground sends no signal: coffer looks each second.
    running.write("fg\r");
    await pause(2500);
    running.write(stop);
    await until("it is stopped", async () => !(await goesOn()));
    running.write("fg\r");
    await until("it goes on", goesOn);
    await say("word", "got=word5");
    await until("the shell is back", () => running.output().endsWith("ready> "));
    await say(`${sandbox} 'read line; echo "heard=$line$((3 + 4))"' & echo begun=$((4 + 4))`, "begun=8");
    await pause(1000);
    await say("echo still=$((4 + 5))", "still=9");
    running.write("fg\r");
    await pause(2500);
    await say("word", "heard=word7");
    await until("the shell is back", () => running.output().endsWith("ready> "));
    // A signal stops coffer alone, so that a script may stop and continue it.
    const script = `${sandbox} 'sleep 1' & sleep 1; kill -TSTP $!; sleep 1; kill -CONT $!; wait $!; echo done=$((5 + 5))`;
    await say(`sh -c '${script.replaceAll("'", "'\\''")}' </dev/null`, "done=10");
    await until("the shell is back", () => running.output().endsWith("ready> "));
    running.write("exit 0\r");
    const { exitCode, stderr } = await running.done;
    t.is(exitCode, 0);
    t.true(stderr.endsWith("modes kept\n"), stderr);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who) => `as ${who}: ^Z, bg, fg, and the background`,
});
for (const who of ["root", "user"] as const) test.serial(isJob, who);

const isStopped = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const shell = [...(who === "user" ? asUser : []), "bash", "--norc", "-i"];
    const sandbox = [...cofferArgv(), "sandbox", "--rw", "--tools", "none", "--", "sh", "-c"].join(" ");
    const running = start([tools(), "pty", "24x160", "--", ...shell], {
      cwd: box.path,
      env: { ...env, TERM: "dumb", PS1: "ready> " },
      keepStdin: true,
    });
    await running.saw("ready> ");
    const say = async (line: string, answer: string): Promise<void> => {
      running.write(`${line}\r`);
      await running.saw(answer);
    };
    await say(`${sandbox} 'echo now=$((1 + 1)); read line; echo "got=$line$((2 + 3))"; read -r last'`, "now=2");
    const front = findLauncher(running.pid)?.front;
    t.not(front, undefined);
    for (const at of [1, 2]) {
      if (front !== undefined) process.kill(front, "SIGSTOP");
      await until("it is stopped", () => running.output().split("Stopped").length > at);
      // Each key would be the sandbox's, were it still read there.
      for (const sum of [3, 4, 5, 6]) await say(`echo after${at}=$((${sum} + ${sum}))`, `after${at}=${sum * 2}`);
      running.write("fg\r");
      await pause(500);
      if (at === 1) await say("word", "got=word5");
    }
    await say("end", "ready> ");
    await until("the shell is back", () => running.output().endsWith("ready> "));
    running.write("exit 0\r");
    const { exitCode, stderr } = await running.done;
    t.is(exitCode, 0);
    t.true(stderr.endsWith("modes kept\n"), stderr);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who) => `as ${who}: a front that SIGSTOP has stopped leaves the terminal to the shell`,
});
for (const who of ["root", "user"] as const) test.serial(isStopped, who);
