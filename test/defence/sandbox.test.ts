// `coffer sandbox`: made of nothing but this host, with nothing of it to change.
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser } from "../helpers/user.ts";

type SandboxRow = readonly [title: string, script: string, expected: RegExp, flags?: readonly string[]];

const rows: readonly SandboxRow[] = [
  ["it is the child of the first process", "echo $$ $PPID; cat /proc/1/comm", /^2 1\ncoffer-init\n/],
  ["it has no capabilities", "grep -E '^Cap(Eff|Prm|Bnd|Inh|Amb)' /proc/self/status", /^(Cap\w+:\t0{16}\n){5}/],
  [
    "it has no new privileges and a filter",
    "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status",
    /NoNewPrivs:\t1\nSeccomp:\t2/,
  ],
  ["it sees only itself", "ls -d /proc/[0-9]* | wc -l", /^[1-4]\n/],
  ["it sees only the loopback", "ls /sys/class/net || cat /proc/net/dev", /lo/],
  ["the host's programs are read-only", "touch /usr/x 2>&1; touch /bin/x 2>&1", /(Read-only|Permission denied)/],
  ["the working directory is read-only", "touch x 2>&1", /Read-only/],
  ["with --rw it is not", "touch x && echo made", /^made\n/, ["--rw"]],
  ["/tmp is private", "ls -A /tmp | grep -v cft-; touch /tmp/x && echo made", /^made\n/],
  ["other homes are hidden", "ls -A /root /home 2>&1 | grep -c ssh", /^0\n/],
  ["no user namespace can be made", "unshare -U true 2>&1", /unshare/],
];

const holds = test.macro({
  exec: async (t, [_title, script, expected, flags = []]: SandboxRow) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const prefix of [[], asUser]) {
      const box = makeBox(t);
      const env = prefix.length > 0 ? giveToUser(box) : {};
      const argv = [...prefix, ...cofferArgv(), "sandbox", ...flags, "--", "sh", "-c", script];
      const outcome = await command(argv, { cwd: box.path, env });
      t.regex(outcome.stdout, expected, `${prefix.join(" ")}: ${outcome.stderr}`);
      await nothingLeft(t, box, box.before);
    }
  },
  title: (_provided, [title]: SandboxRow) => title,
});

for (const row of rows) test.serial(holds, row);
