// What callers without a compiler can get wrong: nothing of it is ignored, as a container would have less than was asked
// for.
import type { Subprocess } from "@coffer/core";
import { create, exec, kill, openRuntime, plan, run, sandbox } from "@coffer/core";
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";

/** The option that is wrong, its value, and the calls that have it. */
const rows: readonly (readonly [name: string, value: unknown, calls?: string])[] = [
  ["timeout", 5, "run create exec sandbox plan"],
  ["polcy", {}, "run create exec sandbox plan"],
  ["toString", 1, "run create exec sandbox plan"],
  ["policy", {}, "plan"],
  ["rootfs", "/", "exec sandbox"],
  ["user", { uid: 0 }, "sandbox"],
  ["stdout", "pipe", "create"],
  ["stdio", "pipe", "create"],
  ["args", "echo hi"],
  ["env", ["A=b"]],
  ["env", { "A=B": "c" }],
  ["env", { "": "c" }],
  ["env", { A: 1 }],
  ["cwd", 1],
  ["stdin", "some text"],
  ["stdin", { from: "pipe" }],
  ["stdin", null],
  ["input", 5],
  ["stdout", "piped"],
  ["stderr", -2],
  ["stderr", {}],
  ["encoding", "latin1"],
  ["killSignal", 0],
  ["forceKillAfterDelay", true],
  ["buffer", "no"],
  ["maxBuffer", -1],
  ["maxBuffer", Number.NaN],
  ["timeoutMs", -1],
  ["timeoutMs", Number.NaN],
  ["timeoutMs", 2 ** 31],
  ["timeoutMs", "5"],
  ["signal", {}],
  ["writable", "no"],
  ["unsafe", ["host-netwrk"]],
  ["unsafe", ["constructor"]],
  ["limits", { mem: 5 }],
  ["limits", { pids: "5" }],
  ["limits", { cpus: -1 }],
  ["limits", { cpus: 0 }, "run create plan"],
  ["limits", { cpus: 0.001 }],
  ["limits", { cpus: Infinity }],
  ["limits", { memory: 0 }, "run create plan"],
  ["limits", { memory: 0n }],
  ["limits", { disk: 5 }],
  ["limits", { memory: -1 }],
  ["limits", { memory: 100 }],
  ["limits", { memory: 4096.5 }],
  ["limits", { pids: 0 }, "run create plan"],
  ["limits", { pids: 1.5 }],
  ["user", { uidd: 1 }, "run create exec plan"],
  ["user", { uid: "1" }],
  ["user", { uid: 1, gid: -1 }],
  ["user", { uid: 2 ** 32 - 1 }],
  ["user", {}],
  ["config", new (class {})()],
  ["timeoutMs", -1, "create"],
  ["signal", {}, "create"],
  ["cgroupManager", "none"],
  ["lockMounts", 1],
  ["id", 5],
  ["runtime", {}],
];

test.serial("an option that is not known or of another type is refused by its name", async (t) => {
  const box = makeBox(t);
  const base = { runtime: openRuntime({ root: box.state }), args: ["/probe", "exit", "0"] };
  const calls: Readonly<Record<string, (options: object) => unknown>> = {
    run: (options) => run({ ...base, rootfs: box.rootfs, ...options }),
    create: (options) => create({ ...base, rootfs: box.rootfs, ...options }),
    exec: (options) => exec(box.tag, { ...base, ...options }),
    sandbox: (options) => sandbox({ ...base, ...options }),
    plan: (options) => plan({ ...base, rootfs: box.rootfs, ...options }),
  };
  for (const [argument, value, names = "run"] of rows)
    for (const name of names.split(" ")) {
      const call = async () => calls[name]?.({ [argument]: value });
      const told = `${name} ${argument} ${String(value)}`;
      const error = await t.throwsAsync(call, { code: "E_USAGE", message: new RegExp(argument) }, told);
      t.like(error, { details: { argument } }, told);
    }
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("the field of an object that is wrong is named, with what it has to be", async (t) => {
  for (const [options, message] of [
    [{ network: { hostPorts: [0] } }, "the option network.hostPorts is not a list of numbers from 1 to 65535"],
    [{ network: { mode: "host" } }, "the option network.mode is not one of none, proxy, user"],
    [{ limits: { memory: "512m" } }, "the option limits.memory is not a number of bytes, at least 4096"],
    [{ limits: { mem: 5 } }, 'there is no option "limits.mem": known are memory, pids, cpus, disk, coreDumps'],
    [{ limits: 5 }, "the option limits is not an object with memory, disk, pids, cpus or coreDumps"],
  ] as const) {
    const given: object = { args: ["true"], ...options };
    const error = await t.throwsAsync(async () => Reflect.apply(sandbox, undefined, [given]), { code: "E_USAGE" });
    t.is(error.message, message);
  }
});

test.serial(
  "options are data of the call's own: what is inherited or of a class is refused, a getter is read once",
  async (t) => {
    const box = makeBox(t);
    const options = { runtime: openRuntime({ root: box.state }), rootfs: box.rootfs, args: ["/probe", "exit", "0"] };
    class Options {
      runtime = options.runtime;
      rootfs = options.rootfs;
      args = options.args;
    }
    for (const given of [Object.create(options), Object.assign(Object.create({ nosuch: 1 }), options), new Options()])
      for (const call of [run, create, plan]) {
        const error = await t.throwsAsync(async () => call(given), { code: "E_USAGE" });
        t.regex(error.message, /not a plain object/);
      }
    const deep = { ...options, limits: Object.create({ memory: 0 }) };
    await t.throwsAsync(async () => run(deep), { code: "E_USAGE", message: /limits is not plain data/ });
    let reads = 0;
    const once = (first: unknown, later: unknown) => {
      let isRead = false;
      const get = (): unknown => {
        reads += 1;
        const value = isRead ? later : first;
        isRead = true;
        return value;
      };
      return { enumerable: true, get };
    };
    const changing = Object.defineProperties({ ...options }, { args: once(["/probe", "exit", "7"], 5) });
    t.is((await run(changing)).exitCode, 7);
    t.is(reads, 1);
    const user = Object.defineProperties({ uid: 0 }, { uid: once(7, "0") });
    t.is((await run(Object.assign({ ...options }, { user }))).exitCode, 0);
    t.is(reads, 2);
    const later = { ...options, args: ["/probe", "exit", "0"] };
    const subprocess = run(later);
    later.args[2] = "9";
    t.is((await subprocess).exitCode, 0);
    await nothingLeft(t, box, box.before, "rootfs");
  },
);

test.serial("an option that is undefined is none", async (t) => {
  const box = makeBox(t);
  const names = [...new Set(rows.flatMap(([name, , calls]) => (calls === undefined ? [name] : [])))];
  const none: object = Object.fromEntries(names.map((name) => [name, undefined]));
  const options = { runtime: openRuntime({ root: box.state }), rootfs: box.rootfs, args: ["/probe", "exit", "0"] };
  t.is((await run({ ...none, ...options })).exitCode, 0);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("calls on a container, and of a runtime, refuse what they do not know", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  const runtime = openRuntime({ root: box.state });
  const refused = async (argument: string, call: () => unknown): Promise<void> => {
    const error = await t.throwsAsync(async () => call(), { code: "E_USAGE" }, argument);
    t.like(error, { details: { argument } });
  };
  const given = (options: object): object => options;
  await refused("rot", () => openRuntime(given({ rot: box.state })));
  await refused("root", () => openRuntime(given({ root: 5 })));
  await refused("root", () => openRuntime({ root: "" }));
  await refused("warn", () => openRuntime(given({ warn: "loud" })));
  await refused("runtim", () => kill(box.tag, "TERM", given({ runtim: runtime })));
  await refused("runtime", () => kill(box.tag, "TERM", given({ runtime: {} })));
  const signals: unknown[] = [{}, null, ["TERM"]];
  for (const signal of signals)
    await refused("signal", () => Reflect.apply(kill, undefined, [box.tag, signal, { runtime }]));
  await using container = await create({ runtime, bundle: box.path, id: box.tag });
  await container.start();
  await refused("polcy", () => container.exec(given({ args: ["/probe", "exit", "0"], polcy: {} })));
  for (const name of ["policy", "runtime"])
    await refused(name, () => container.exec(given({ args: ["/probe", "exit", "0"], [name]: {} })));
  t.is((await container.exec({ args: ["/probe", "exit", "3"] })).exitCode, 3);
  t.is((await container.state()).status, "running");
});

test.serial("input is for a pipe", async (t) => {
  const box = makeBox(t);
  const options = { runtime: openRuntime({ root: box.state }), rootfs: box.rootfs, input: "x" } as const;
  const refused = (): Subprocess => run({ ...options, stdin: "ignore" });
  await t.throwsAsync(async () => refused(), { code: "E_USAGE" });
  await nothingLeft(t, box, box.before, "rootfs");
});
