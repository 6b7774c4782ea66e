// Command lines that make no sense, and where the help is.
import test from "ava";
import { command } from "../helpers/command.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const run = (...words: readonly string[]) => command([...cofferArgv(), ...words]);

const isMisused = test.macro({
  async exec(t, line: string, says: string) {
    const { stdout, stderr, exitCode } = await run(...line.split(" "));
    t.is(stderr, `coffer: ${says}\n`);
    t.is(stdout, "");
    t.is(exitCode, /^(exec|run|sandbox)\b/.test(line) ? 125 : 1);
  },
  title: (_provided, line: string) => `coffer ${line}: says what is wrong, and where the help is`,
});

const aCommand = "`coffer sandbox -- CMD` runs a command of this host";
test.serial(isMisused, "rnu box", 'there is no verb "rnu": did you mean run?: `coffer --help` lists them');
test.serial(isMisused, "help rnu", 'there is no verb "rnu": did you mean run?: `coffer --help` lists them');
test.serial(isMisused, "rm box", 'there is no verb "rm": did you mean delete?: `coffer --help` lists them');
test.serial(isMisused, "containers", `there is no verb "containers": \`coffer --help\` lists them, and ${aCommand}`);
test.serial(isMisused, "run npm test", `run: unexpected argument: test: ${aCommand}: see \`coffer run --help\``);
test.serial(isMisused, "--nonsense", "unknown flag: --nonsense");
test.serial(isMisused, "sandbox", "sandbox: give the command to run: see `coffer sandbox --help`");
test.serial(
  isMisused,
  "sandbox --rw=yes -- hi",
  "sandbox: --rw: expected true or false but received: yes: see `coffer sandbox --help`",
);
test.serial(
  isMisused,
  "sandbox --rw yes -- hi",
  "sandbox: unexpected argument: yes: the command stands behind --: see `coffer sandbox --help`",
);
test.serial(
  isMisused,
  "run --keep=maybe a",
  "run: --keep: expected true or false but received: maybe: see `coffer run --help`",
);
test.serial(
  isMisused,
  "sandbox --unsafe-host-network=no -- hi",
  "sandbox: --unsafe-host-network: expected true or false but received: no: see `coffer sandbox --help`",
);
test.serial(isMisused, "run --bundle", "run: --bundle: the value is missing: see `coffer run --help`");
test.serial(
  isMisused,
  "sandbox --allow -- npm ci",
  "sandbox: --allow: the value is missing: see `coffer sandbox --help`",
);
test.serial(isMisused, "run", "run: give the container's id: see `coffer run --help`");
test.serial(isMisused, "kill", "kill: give the container's id: see `coffer kill --help`");
test.serial(isMisused, "exec", "exec: give the container's id: see `coffer exec --help`");
test.serial(
  isMisused,
  "apply kept --hled x",
  "apply: unknown flag: --hled: did you mean --held?: see `coffer apply --help`",
);
for (const [words, told] of [
  ["--cache foo", 'cache: "foo" is not one of bun, cargo, deno, go, gradle, maven, npm, pip, pnpm, uv, yarn'],
  ["--size /tmp=1k", "sizes /tmp: must be at least 4096"],
  ["--bind /etc", 'bind: "/etc" must be SRC:DST, SRC:DST:ro or SRC:DST:rw, with an absolute DST'],
] as const)
  test.serial(isMisused, `sandbox ${words} -- true`, told);
test.serial(isMisused, "list extra", "list: unexpected argument: extra: see `coffer list --help`");
test.serial(isMisused, "start a b", "start: unexpected argument: b: see `coffer start --help`");
test.serial(isMisused, "delete --nonsense a", "delete: unknown flag: --nonsense: see `coffer delete --help`");
test.serial(isMisused, "exec --nonsense a b", "exec: unknown flag: --nonsense: see `coffer exec --help`");
test.serial(
  isMisused,
  "sandbox --alow a -- b",
  "sandbox: unknown flag: --alow: did you mean --allow?: see `coffer sandbox --help`",
);
for (const [flag, meant] of [
  ["--writable", "--rw"],
  ["--ro-bind", "--read"],
  ["--unsafe-network", "--unsafe-host-network"],
])
  test.serial(
    isMisused,
    `sandbox ${flag} -- b`,
    `sandbox: unknown flag: ${flag}: did you mean ${meant}?: see \`coffer sandbox --help\``,
  );
test.serial(isMisused, "run --writable box", "run: unknown flag: --writable: see `coffer run --help`");
test.serial(isMisused, "sandbox --unsafe -- b", "sandbox: unknown flag: --unsafe: see `coffer sandbox --help`");
test.serial(
  isMisused,
  "sandbox --timeout 1s -- b",
  'sandbox: --timeout: "1s" is no number of seconds from 0.001 to 1000000: see `coffer sandbox --help`',
);
test.serial(
  isMisused,
  "ps",
  "ps: give the container's id (`coffer list` lists all containers): see `coffer ps --help`",
);
test.serial(isMisused, "kill -9 a", "kill: unknown flag: -9: see `coffer kill --help`");
test.serial(isMisused, "kill a -9", "kill: unknown flag: -9: see `coffer kill --help`");
test.serial(isMisused, "plan a b", "plan: unexpected argument: b: see `coffer plan --help`");
test.serial(isMisused, "plan --verify a b", "plan: unexpected argument: b: see `coffer plan --help`");
test.serial(isMisused, "plan --diff a", "plan: --diff: give two bundles or stored plans: see `coffer plan --help`");
test.serial(isMisused, "plan --json --raw a b", "plan: --json and --raw exclude each other: see `coffer plan --help`");
test.serial(isMisused, "list -f xml", "list: --format: xml is not one of table, json: see `coffer list --help`");
test.serial(
  isMisused,
  "run --preserve-fds x a",
  "run: --preserve-fds: expected an integer but received: x: see `coffer run --help`",
);

const isHelp = test.macro({
  async exec(t, line: string, same: string) {
    const { stdout, exitCode } = await run(...line.split(" "));
    t.is(stdout, (await run(...same.split(" "))).stdout);
    t.is(exitCode, 0);
  },
  title: (_provided, line: string, same: string) => `coffer ${line} is coffer ${same}`,
});

test.serial(isHelp, "help", "--help");
test.serial(isHelp, "help run", "run --help");
test.serial(isHelp, "run -h", "run --help");
test.serial(isHelp, "--root /nowhere", "--help");
test.serial(isHelp, "--debug --help", "--help");
