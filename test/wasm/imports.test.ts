// Each function of WASI by itself: a module that imports one function and calls it, under the filter of that one import. The
// filter kills what it does not know, so that a status of 0 shows that the table has enough. The trace shows that the table
// has no call which is never made.

import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { moduleOf, text, vector } from "../../packages/core/src/wasm/testing/modules.ts";
import type { WasiName } from "../../packages/core/src/wasm/wasi/table.ts";
import { isWasiName, wasiModule, wasiTable } from "../../packages/core/src/wasm/wasi/table.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import { cache, emptyDir, wasm } from "./module.ts";

/** Where the memory of a module has its strings: from 16 on, each with 8 bytes. */
const names = { file: [16, 4], fresh: [24, 5], other: [32, 5], link: [40, 4], dir: [48, 3], vector: [56, 0] } as const;
const [file, fresh, other, link, dir] = [names.file, names.fresh, names.other, names.link, names.dir];
/** An iovec of 4 bytes at 1024, and a place for results. */
const vectorAt = 56;
const out = 512;
const stdin = 0;
const preopen = 3;

/** Arguments with which the function does what it is for: standard input is a file, and 3 a directory. */
const args: Readonly<Record<WasiName, readonly number[]>> = {
  args_get: [out, 1024],
  args_sizes_get: [out, out],
  clock_res_get: [1, out],
  clock_time_get: [1, 0, out],
  environ_get: [out, 1024],
  environ_sizes_get: [out, out],
  fd_advise: [stdin, 0, 0, 0],
  fd_allocate: [stdin, 0, 64],
  fd_close: [stdin],
  fd_datasync: [stdin],
  fd_fdstat_get: [stdin, out],
  fd_fdstat_set_flags: [preopen, 4],
  fd_fdstat_set_rights: [stdin, 0, 0],
  fd_filestat_get: [stdin, out],
  fd_filestat_set_size: [stdin, 32],
  fd_filestat_set_times: [stdin, 0, 0, 10],
  fd_pread: [stdin, vectorAt, 1, 0, out],
  fd_prestat_dir_name: [preopen, out, 2],
  fd_prestat_get: [preopen, out],
  fd_pwrite: [stdin, vectorAt, 1, 0, out],
  fd_read: [stdin, vectorAt, 1, out],
  fd_readdir: [preopen, 1024, 512, 0, out],
  fd_renumber: [stdin, 1],
  fd_seek: [stdin, 0, 0, out],
  fd_sync: [stdin],
  fd_tell: [stdin, out],
  fd_write: [stdin, vectorAt, 1, out],
  path_create_directory: [preopen, ...fresh],
  path_filestat_get: [preopen, 1, ...file, out],
  path_filestat_set_times: [preopen, 1, ...file, 0, 0, 10],
  path_link: [preopen, 0, ...file, preopen, ...fresh],
  path_open: [preopen, 1, ...file, 0, 2, 2, 0, out],
  path_readlink: [preopen, ...link, 1024, 16, out],
  path_remove_directory: [preopen, ...dir],
  path_rename: [preopen, ...other, preopen, ...fresh],
  path_symlink: [...file, preopen, ...fresh],
  path_unlink_file: [preopen, ...file],
  poll_oneoff: [640, 1024, 1, out],
  proc_exit: [0],
  proc_raise: [1],
  random_get: [out, 16],
  sched_yield: [],
  sock_accept: [stdin, 0, out],
  sock_recv: [stdin, vectorAt, 1, 0, out, out],
  sock_send: [stdin, vectorAt, 1, 0, out],
  sock_shutdown: [stdin, 3],
};

/** Calls that only happen for what these arguments are not. */
const unseen = new Set(["sock_accept", "sock_recv", "sock_send", "sock_shutdown"]);

const signed = (value: number): readonly number[] =>
  value < 64 ? [value] : [(value & 0x7f) | 0x80, ...signed(Math.floor(value / 128))];
const constant = (letter: string, value: number): readonly number[] => [letter === "I" ? 0x42 : 0x41, ...signed(value)];
const typeOf = (letters: string): readonly number[] =>
  vector(...[...letters].map((one) => [one === "I" ? 0x7e : 0x7f]));

function data(): readonly number[] {
  const bytes = new Uint8Array(1024);
  for (const [name, [at]] of Object.entries(names))
    if (name !== "vector") bytes.set(new TextEncoder().encode(name), at);
  new DataView(bytes.buffer).setUint32(vectorAt, 1024, true);
  new DataView(bytes.buffer).setUint32(vectorAt + 4, 4, true);
  // A subscription to 1 ms of the monotonic clock.
  new DataView(bytes.buffer).setUint32(640 + 16, 1, true);
  new DataView(bytes.buffer).setUint32(640 + 24, 1_000_000, true);
  return [...bytes];
}

/** A module that calls one function, and traps if the answer is an error and must not be. */
function moduleFor(name: WasiName): Uint8Array {
  const [parameters = "", results = ""] = wasiTable[name].type.split(":");
  const values = args[name].flatMap((value, index) => constant(parameters[index] ?? "i", value));
  const mayFail = unseen.has(name) || name === "proc_raise";
  const check = results === "" ? [] : mayFail ? [0x1a] : [0x04, 0x40, 0x00, 0x0b];
  const code = [0, ...values, 0x10, 0, ...check, 0x0b];
  const leb = (size: number): readonly number[] => (size < 128 ? [size] : [(size & 127) | 128, size >>> 7]);
  const bytes = data();
  return moduleOf({
    1: vector([0x60, ...typeOf(parameters), ...typeOf(results)], [0x60, 0, 0]),
    2: vector([...text(wasiModule), ...text(name), 0, 0]),
    3: vector([1]),
    5: vector([0, 1]),
    7: vector([...text("memory"), 2, 0], [...text("_start"), 0, 1]),
    10: vector([...leb(code.length), ...code]),
    11: vector([0, 0x41, 0, 0x0b, ...leb(bytes.length), ...bytes]),
  });
}

/** The system calls of the program, from where it is executed. */
function traced(log: string): ReadonlySet<string> {
  const lines = log.split("\n");
  const begin = lines.find((line) => /execve\("\/program"/.test(line)) ?? "";
  const pid = begin.split(/\s+/)[0] ?? "";
  const own = lines.slice(lines.indexOf(begin) + 1).filter((line) => line.startsWith(`${pid} `));
  return new Set(own.flatMap((line) => /^\d+\s+(\w+)\(/.exec(line)?.[1] ?? []));
}

const calls = test.macro({
  exec: async (t, name: WasiName) => {
    t.timeout(120_000);
    if (!(await needs(t, "root", "userns", "wasm2c", "strace"))) return;
    const base = emptyDir(t);
    const work = join(base, "work");
    mkdirSync(join(work, "dir"), { recursive: true });
    for (const one of ["file", "other"]) writeFileSync(join(work, one), "content");
    symlinkSync("file", join(work, "link"));
    const module = join(base, "one.wasm");
    writeFileSync(module, moduleFor(name));
    const log = join(base, "log");
    // Whoever the container is on the host may set its times.
    chmodSync(join(work, "other"), 0o666);
    const input = openSync(join(work, "other"), "r+");
    t.is((await wasm(["compile", module])).exitCode, 0);
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    const words = ["-f", "-o", log, ...cofferArgv(), "wasm", "--dir", `${work}:/w`, module];
    const { status, stderr } = spawnSync("strace", words, { env, stdio: [input, "pipe", "pipe"] });
    closeSync(input);
    t.is(status, 0, `${stderr}`);
    const seen = traced(readFileSync(log, "utf8"));
    t.true(seen.has("exit_group"));
    const { calls: expected } = wasiTable[name];
    if (unseen.has(name)) return;
    const rare = name === "path_open" ? ["close"] : [];
    for (const call of expected.split(" ").filter((word) => word !== "" && !rare.includes(word)))
      t.true(seen.has(call), call);
  },
  title: (_provided, name: WasiName) => `${name} runs under the filter of its own calls, and makes each of them`,
});

for (const name of ofToday(Object.keys(wasiTable).filter(isWasiName), 3)) test.serial(calls, name);
