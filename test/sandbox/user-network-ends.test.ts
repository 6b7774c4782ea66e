// How a user-mode network ends, what stands beside it, and what its program may do.
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command, start, until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { findStack, textOf } from "./network/stack.ts";
import { abstractListener, answers, blocked, far, makeWorld, near, port, program, reach } from "./network/world.ts";
import type { Who } from "./table.ts";

const wanted = ["root", "user", "userns", "ip", "pasta"] as const;
const whos: readonly Who[] = ["root", "user"];

for (const who of whos)
  test.serial(`as ${who}: nothing is left of it, however the sandbox ends`, async (t) => {
    if (!(await needs(t, ...wanted))) return;
    const { begin, run, box } = await makeWorld(t, who);
    for (const end of ["launcher", "keeper", "stack"] as const) {
      const running = begin([], "sh", "-c", `echo begun; sleep 2; ${reach(far.public).join(" ")}; exit 5`);
      await running.saw("begun");
      const found = await findStack(running.pid);
      process.kill(found[end], "SIGKILL");
      const { stdout, stderr, exitCode } = await running.done;
      await until(
        "both are gone",
        () => textOf(`/proc/${found.stack}/stat`) + textOf(`/proc/${found.keeper}/stat`) === "",
      );
      if (end === "launcher") continue;
      // Whoever ends the stack ends the network, and not the program. The caller gets a warning.
      t.is(exitCode, 5, end);
      t.regex(stderr, /warning: the network is gone: pasta has ended/, end);
      t.regex(stdout, /Network unreachable/, end);
    }
    t.is((await run(["--timeout", "1"], "sleep", "100")).exitCode, 124);
    t.is((await run(["--memory", "64m"], "true")).stderr.includes("pasta"), false);
    await nothingLeft(t, box, box.before);
  });

test.serial("its program has no right, no namespace but the network's and no file of the host", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { begin, box } = await makeWorld(t, "root");
  const running = begin([], "sh", "-c", "echo begun; sleep 3");
  await running.saw("begun");
  const { stack, keeper, launcher } = await findStack(running.pid);
  const statuses = [stack, keeper].map((pid) => textOf(`/proc/${pid}/status`));
  for (const status of statuses) t.regex(status, /^Uid:\t(1879048191)\t\1\t\1\t\1$[\s\S]*^NoNewPrivs:\t1$/m);
  t.regex(statuses[1] ?? "", /^CapPrm:\t0+$/m);
  t.regex(statuses[0] ?? "", /^Seccomp:\t2$/m);
  for (const kind of ["user", "mnt", "pid", "ipc", "uts"])
    t.not(readlinkSync(`/proc/${stack}/ns/${kind}`), readlinkSync(`/proc/${launcher}/ns/${kind}`), kind);
  t.is(readlinkSync(`/proc/${stack}/ns/net`), readlinkSync(`/proc/${launcher}/ns/net`));
  t.deepEqual(readdirSync(`/proc/${stack}/root`), []);
  await running.done;
  await nothingLeft(t, box, box.before);
});

for (const who of whos)
  test.serial(`as ${who}: a program that a packet has taken over has next to nothing`, async (t) => {
    if (!(await needs(t, ...wanted))) return;
    const { run, enter, host } = await makeWorld(t, who);
    const listener = start([...enter, process.execPath, "-e", abstractListener]);
    t.teardown(() => void process.kill(listener.pid));
    await listener.saw("listening");
    await host(`mount --bind ${program()} /usr/bin/pasta`);
    const { stderr } = await run([], "true");
    const uid = who === "root" ? 0 : 1000;
    // CAP_NET_ADMIN and CAP_SYS_ADMIN of the sandbox's user namespace, to make the interface there.
    const told = `uid ${uid} pid 2 parent 1 caps 0000000000201000 nnp 1 variables 0 further 0 listens 0 abstract 0 signals 0 root 0`;
    t.true(stderr.includes(`a user-mode network cannot be made: pasta: ${told}`), stderr);
  });

test.serial("ports for the host and of the host stand beside it, and a session and the API have it", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { begin, enter, box, host } = await makeWorld(t, "root");
  const flags = ["--host-port", `${port}`, "--publish", "9090"];
  const running = begin(
    flags,
    "sh",
    "-c",
    `./network serve 9090 & sleep 1; ${reach(near.loopback, far.public).join(" ")}; sleep 2`,
  );
  await running.saw("I am 46");
  t.regex((await host(`./network reach 127.0.0.1:9090`)).stdout, /I am 127\.0\.0\.1/);
  const { stdout, stderr } = await running.done;
  t.true(stdout.includes(answers(near.loopback)) && stdout.includes(answers(far.public)), `${stdout} ${stderr}`);
  const core = join(repository, "packages/core/dist/index.js");
  const script = `
    import { openSandbox, sandbox } from ${JSON.stringify(core)};
    const network = { mode: "user", allow: ["*", "${far.private}"] };
    const args = ${JSON.stringify(reach(far.public, far.private, far.metadata))};
    console.log((await sandbox({ args, network })).stdout);
    await using session = await openSandbox({ network });
    console.log((await session.exec({ args })).stdout);
    try { session.allow("${far.metadata}"); } catch (error) { console.log(error.message); }
    await sandbox({ args, network: { mode: "all" } }).catch((error) => console.log(error.message));`;
  const api = await command([...enter, process.execPath, "--input-type=module", "-e", script], { cwd: box.path });
  const lines = [answers(far.public), answers(far.private), blocked(far.metadata)].join("\n");
  t.is(api.stdout.split(lines).length, 3, api.stdout + api.stderr);
  t.regex(api.stdout, /the session has no proxy[\s\S]*the option network\.mode is not one of none, proxy, user/);
  await nothingLeft(t, box, box.before);
});

test.serial("a policy allows it by name, and as far as its rules go", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const policy = (rules: object): string => `echo '${JSON.stringify({ version: 1, egress: rules })}'`;
  const { run, box } = await makeWorld(
    t,
    "root",
    `${policy({ allowed: ["*"] })} > old; ${policy({ allowed: ["10.0.0.0/8"], userNetwork: true })} > new`,
  );
  t.regex((await run(["--policy", "./old"], "true")).stderr, /rule \/egress\/userNetwork: .*no program may give it/);
  t.regex((await run(["--policy", "./new"], "true")).stderr, /rule \/egress\/allowed: .*\* may not be reached/);
  const { stdout } = await run(["--policy", "./new", "--allow", far.private], ...reach(far.private));
  t.is(stdout, `${answers(far.private)}\n`);
  await nothingLeft(t, box, box.before);
});

test.serial("files of settings have it, and a project has it only if its file is accepted", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const file = `echo '{"network":{"mode":"user"}}'`;
  const { coffer, box } = await makeWorld(t, "user", `${file} > named.json; ${file} > coffer.json`);
  const named = await coffer(
    "sandbox",
    "--profile",
    "./named.json",
    "--no-settings",
    "--",
    ...reach(far.public, far.private),
  );
  t.is(named.stdout, `${answers(far.public)}\n${blocked(far.private)}\n`, named.stderr);
  t.regex(
    (await coffer("sandbox", "--", "true")).stderr,
    /asks for more than projects may have: "mode" user: .coffer accept /,
  );
  await nothingLeft(t, box, box.before);
});

/** What a question is answered with. */
const questions: readonly (readonly [words: readonly string[], answer: RegExp])[] = [
  [["why", "--net", "user", far.public], /^allowed: connect 46\.0\.0\.1:443: --net user/],
  [["why", "--net", "user", far.private], /^denied: .*a private network: add --allow 10\.9\.0\.1:443$/m],
  [["why", "--net", "user", near.own], /^denied: .*add --allow 44\.0\.0\.2:443$/m],
  [["why", "--net", "user", "[2001::1]"], /^denied: .*IPv4 alone$/m],
  [["why", "--net", "user", "--allow", "10.0.0.0/8", far.public], /^denied: .*not allowed: add --allow/],
  [["plan", "sandbox", "--net", "user", "--", "true"], /a user-mode network, to 10\.0\.2\.3:53, every public address/],
  [
    ["plan", "sandbox", "--net", "user", "--", "true"],
    /start-network .*rules=\[allow 10\.0\.2\.3:53, block 0\.0\.0\.0\/8/,
  ],
  [["audit", "sandbox", "--net", "user", "--", "true"], /low .*a user-mode network.*\n.*reads every packet/],
  [["explain", "sandbox", "--net", "user", "--", "true"], /Network .*a user-mode network/s],
  [["doctor"], /^ok +user-mode networks: \/usr\/bin\/pasta makes them$/m],
];

test.serial("plan, audit, explain, why and doctor tell of it", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { coffer, run } = await makeWorld(t, "root");
  for (const [words, answer] of questions) {
    const { stdout, stderr } = await coffer(...words);
    t.regex(stdout, answer, words.join(" ") + stderr);
  }
  const { stderr } = await run(["--explain"], ...reach(far.private, far.public));
  t.regex(
    stderr,
    /denied: connect 10\.9\.0\.1:8080: an address of a private network: add --allow 10\.9\.0\.1:8080|needs Node/,
  );
  t.notRegex(stderr, /44\.0\.0\.1/);
});
