// A launcher or a front that is killed leaves the terminal of the caller as it was. Where both are killed nobody can.
import { readFileSync } from "node:fs";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { findLauncher } from "../helpers/callers/served.ts";
import { start, until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

const restores = test.macro({
  exec: async (t, who: Who, victim: "launcher" | "front", settings: string) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const sandbox = [...cofferArgv(), "sandbox", "--rw", "--tools", "none", "--", "sh", "-c"].join(" ");
    const script = `stty ${settings}; stty -g > before; ${sandbox} 'echo begun; sleep 100'; for i in 1 2 3 4 5 6 7 8 9; do stty -g > after; cmp -s before after && echo same && break; sleep 0.1; done; echo end`;
    const shell = [...(who === "user" ? asUser : []), "sh", "-c", script];
    const running = start([tools(), "pty", "24x160", "--", ...shell], {
      cwd: box.path,
      env: { ...env, TERM: "dumb" },
      keepStdin: true,
    });
    await running.saw("begun");
    const found = findLauncher(running.pid);
    t.not(found, undefined);
    const modes = (): string => readFileSync(`${box.path}/before`, "utf8");
    t.regex(modes(), /:/);
    if (found !== undefined) process.kill(found[victim], "SIGKILL");
    await until("the shell goes on", () => /end\r/.test(running.output()), 10_000);
    t.regex(running.output(), /same/);
    await running.done;
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who, victim: string, settings: string) =>
    `as ${who}: the terminal is as it was (${settings}) when the ${victim} is killed`,
});
for (const who of ["root", "user"] as const)
  for (const victim of ["launcher", "front"] as const) {
    test.serial(restores, who, victim, "sane");
    test.serial(restores, who, victim, "erase ^H -ixon -echoctl intr ^B min 3");
  }
