// A terminal for programs of the API: its caller shows it, types into it, and changes its size.

import type { Subprocess } from "@coffer/core";
import { CofferError, create, openRuntime, openSandbox, run, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const placeOf = (box: Box, warm = false) => ({
  runtime: openRuntime({ root: box.state, warm }),
  cwd: box.path,
  tools: "none" as const,
});
const sh = (script: string) => ["sh", "-c", script];

/** What all three streams are, and the terminal's size. */
const looks = "test -t 0 && test -t 1 && test -t 2 && stty size && echo $TERM && ls /proc/self/fd | wc -l";
/** Tells each size. */
const follows = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done";

/** Changes the size of a terminal again and again, until its program tells each. */
async function follow(t: ExecutionContext, running: Subprocess): Promise<void> {
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of running.lines()) lines.push(line);
  })();
  await until("the program is ready", () => lines.includes("ready"));
  for (const [columns, rows] of [
    [120, 50],
    [65_535, 1],
    [1, 65_535],
    [80, 24],
  ] as const) {
    t.true(await running.resize({ columns, rows }));
    await until(`${rows} ${columns}`, () => lines.at(-1) === `${rows} ${columns}`);
  }
  t.true(await running.kill("KILL"));
  await running.result;
  await reading;
  t.false(await running.resize({ columns: 80, rows: 24 }));
}

for (const warm of [false, true])
  test.serial(`a command has a terminal, whose size its caller changes (${warm ? "warm" : "cold"})`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const place = placeOf(box, warm);
    const { stdout, stderr, exitCode } = await sandbox({ ...place, tty: true, args: sh(looks) });
    t.is(stdout, "24 80\r\nxterm\r\n4\r\n");
    t.is(stderr, "");
    t.is(exitCode, 0);
    const sized = { ...place, tty: { columns: 132, rows: 43 }, env: { TERM: "vt100" } };
    t.is((await sandbox({ ...sized, args: sh(looks) })).stdout, "43 132\r\nvt100\r\n4\r\n");
    await follow(t, sandbox({ ...place, tty: true, args: sh(follows) }));
    await follow(t, sandbox({ ...place, tty: true, isolation: "reduced", args: sh(follows) }));
    await using session = await openSandbox(place);
    t.is((await session.exec({ tty: { columns: 7, rows: 9 }, args: sh(looks) })).stdout, "9 7\r\nxterm\r\n4\r\n");
    await follow(t, session.exec({ tty: true, args: sh(follows) }));
    await session.close();
    await nothingLeft(t, box, box.before);
  });

test.serial("keys are bytes, and what is printed comes as it is", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const place = { ...placeOf(box), tty: true };
  const typed = async (keys: string, script: string) => {
    const running = sandbox({ ...place, args: sh(script) });
    for await (const line of running.lines()) if (line === "ready") (await running.started).stdin?.write(keys);
    return running;
  };
  // A shell that forks meanwhile would lose the signal (dash: vfork).
  t.like(await typed("\u0003", "echo ready; exec sleep 1000"), { exitCode: 130 });
  t.like(await typed("one\n\u0004", "stty -echo; echo ready; cat"), { stdout: "ready\r\none\r\n", exitCode: 0 });
  t.like(await typed("q", "stty raw -echo; echo ready; dd bs=1 count=1 2>/dev/null | od -An -c"), { exitCode: 0 });
  // The end of the input is no key, and the program's end is the call's.
  t.like(await sandbox({ ...place, input: "in\n", args: sh("stty -echo; read x; echo $x") }), { exitCode: 0 });
  const bytes = await sandbox({ ...place, encoding: "buffer", args: sh("printf '\\377\\0a\\n'") });
  t.deepEqual([...bytes.stdout], [255, 0, 97, 13, 10]);
  const much = await sandbox({ ...place, args: sh("head -c 3000000 /dev/zero | tr '\\0' x") });
  t.is(much.stdout.length, 3_000_000);
  await nothingLeft(t, box, box.before);
});

test.serial("a container's program and its further processes have terminals of their own", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const runtime = openRuntime({ root: box.state });
  const { stdout } = await run({ runtime, rootfs: box.rootfs, args: ["/probe"], tty: { columns: 100, rows: 30 } });
  t.like(parseFacts(stdout).terminal, { rows: 30, columns: 100 });
  await using container = await create({ runtime, rootfs: box.rootfs, args: ["/probe", "sleep", "1000"], id: box.tag });
  await container.start();
  const inside = await container.exec({ args: ["/probe"], tty: true });
  t.like(parseFacts(inside.stdout).terminal, { rows: 24, columns: 80 });
  const running = container.exec({ args: ["/probe", "sleep", "1000"], tty: true, timeoutMs: 1500 });
  await running.started;
  t.true(await running.resize({ columns: 10, rows: 10 }));
  t.like(await running, { timedOut: true });
  await container.delete();
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a size is two numbers, and without a terminal there is nothing to change", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const place = placeOf(makeBox(t));
  const sizes: readonly object[] = [
    {},
    { columns: 80 },
    { columns: 0, rows: 1 },
    { columns: 1, rows: 65_536 },
    { columns: 1.5, rows: 1 },
  ];
  for (const tty of sizes)
    await t.throwsAsync(
      async () => sandbox(Object.assign({ ...place, args: ["true"] }, JSON.parse(JSON.stringify({ tty })))),
      {
        instanceOf: CofferError,
        code: "E_USAGE",
      },
    );
  const plain = sandbox({ ...place, args: sh("read x"), stdin: "pipe" });
  const { stdin } = await plain.started;
  t.false(await plain.resize({ columns: 80, rows: 24 }));
  for (const size of sizes)
    await t.throwsAsync(async () => plain.resize(Object.assign({ columns: 0, rows: 0 }, size)), { code: "E_USAGE" });
  stdin?.end("x\n");
  t.is((await plain).exitCode, 0);
});
