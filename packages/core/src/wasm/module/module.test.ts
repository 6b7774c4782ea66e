// Modules that are no commands, or no modules: one line with section and offset.
import test from "ava";
import { command, head, moduleOf, section, text, vector } from "../testing/modules.ts";
import { checkCommand } from "./check.ts";
import { readModule } from "./read.ts";

const rejects = test.macro({
  exec: (t, bytes: Uint8Array, message: string) => {
    const error = t.throws(() => checkCommand(readModule(bytes), 16), { name: "CofferError" });
    t.is(error?.message, `the module ${message}`);
  },
  title: (_provided, _bytes, message: string) => `rejects a module that ${message}`,
});

const importing = (module: string, name: string, kind: readonly number[], types = command[1] ?? []): Uint8Array =>
  moduleOf({ ...command, 1: types, 2: vector([...text(module), ...text(name), ...kind]) });
const bytes = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());
const ascii = (words: string): Uint8Array => new TextEncoder().encode(words);
const preview1 = "wasi_snapshot_preview1";

/** A section of 1,000,001 types, as large as it says. */
function manyTypes(): Uint8Array {
  const size = [0xc4, 0x84, 0x3d];
  const count = [0xc1, 0x84, 0x3d];
  const begin = bytes(head, [1], size, count);
  const all = new Uint8Array(begin.length + 1_000_001);
  all.set(begin);
  return all;
}

/** Custom sections without a name, and what comes behind them. */
const customs = (count: number): Uint8Array =>
  bytes(head, Array.from({ length: count }, () => [0, 1, 0]).flat(), [...moduleOf(command)].slice(8));
/** A custom section with a name of that many bytes. */
const longName = (size: number): Uint8Array => bytes([...moduleOf(command)], section(0, text("n".repeat(size))));
const manyValues = vector([0x60, ...vector(...Array.from({ length: 1001 }, () => [0x7f])), 0]);

test("a module has custom sections, in any place", (t) => {
  t.is(checkCommand(readModule(customs(1000))).module.custom.length, 1000);
});

test("a command that does nothing is accepted", (t) => {
  const { imports, pages, module } = checkCommand(readModule(moduleOf(command)));
  t.deepEqual(imports, []);
  t.is(pages, 1);
  t.deepEqual(module.functions, [":"]);
});

test("a function of WASI is found with its type", (t) => {
  const types = vector([0x60, 0, 0], [0x60, 1, 0x7f, 0]);
  const sections = { ...command, 1: types, 7: vector([...text("memory"), 2, 0], [...text("_start"), 0, 1]) };
  const module = moduleOf({ ...sections, 2: vector([...text(preview1), ...text("proc_exit"), 0, 1]) });
  t.deepEqual(checkCommand(readModule(module)).imports, ["proc_exit"]);
});

test(rejects, ascii(""), "is no WebAssembly: it does not begin with its magic number (offset 0x0)");
test(rejects, ascii("(module)"), "is in the text format: translate it with wat2wasm (offset 0x0)");
test(rejects, bytes(head.slice(0, 6)), "is truncated (offset 0x6)");
test(
  rejects,
  bytes([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
  "has a version of the format that is not supported (offset 0x4)",
);
test(
  rejects,
  bytes([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]),
  "is a component (WASI preview 2 or 3), which is not supported: `jco transpile` runs it on Node (offset 0x4)",
);
test(rejects, bytes(head, [1, 100, 1]), "is truncated (offset 0xa)");
test(rejects, bytes(head, [1, 0xff, 0xff, 0xff, 0xff, 0x7f]), "has a number of more than 32 bits (offset 0x9)");
test(rejects, bytes(head, [99, 0]), "has an unknown section 99 (offset 0x8)");
test(
  rejects,
  bytes(head, section(1, [0]), section(1, [0])),
  'has its section "type" twice, or out of order (offset 0xb)',
);
test(rejects, bytes(head, section(1, [200])), "is truncated (section type, offset 0xb)");
test(rejects, bytes(head, section(1, [0, 0])), "has bytes behind the end of a section (section type, offset 0xb)");
test(rejects, manyTypes(), "has more than 1000000 of a kind (section type, offset 0xc)");
test(rejects, customs(1001), "has more than 1000 custom sections (section custom, offset 0xbc0)");
test(rejects, longName(65_536), "has more than 65536 bytes of names of custom sections (section custom, offset 0x32)");
test(
  rejects,
  bytes(head, section(1, manyValues)),
  "has a type of more than 1000 parameters or results (section type, offset 0xd)",
);
test(rejects, bytes(head, section(3, [1, 9])), "names a type that it does not have (section function, offset 0xb)");
test(rejects, moduleOf({ ...command, 10: undefined }), "is truncated: it has no code (offset 0x2c)");
test(
  rejects,
  moduleOf({ ...command, 10: vector() }),
  "has not as many bodies as functions (section code, offset 0x2e)",
);
test(rejects, moduleOf({ ...command, 5: undefined }), "has no memory");
test(
  rejects,
  moduleOf({ ...command, 5: vector([0, 17]) }),
  "begins with 1088 KiB of memory, and may have 1024 KiB (section memory)",
);
test(
  rejects,
  moduleOf({ ...command, 5: vector([3, 1, 1]) }),
  "has a shared memory: threads are not supported (section memory)",
);
test(
  rejects,
  moduleOf({ ...command, 5: vector([4, 1]) }),
  "has a memory of 64-bit addresses (memory64), which is not supported (section memory, offset 0x15)",
);
test(
  rejects,
  moduleOf({ ...command, 5: vector([0, 1], [0, 1]) }),
  "has several memories, which is not supported (section memory)",
);
test(
  rejects,
  moduleOf({ ...command, 7: vector([...text("_start"), 0, 0]) }),
  'does not export its memory as "memory" (section export)',
);
test(
  rejects,
  moduleOf({ ...command, 7: vector([...text("memory"), 2, 0]) }),
  'does not export "_start" (section export)',
);
test(
  rejects,
  moduleOf({ ...command, 7: vector([...text("memory"), 2, 0], [...text("_initialize"), 0, 0]) }),
  'does not export "_start": it is a library (reactor), and no command (section export)',
);
test(
  rejects,
  moduleOf({ ...command, 1: vector([0x60, 1, 0x7f, 0]) }),
  'has a "_start" with parameters or results (section export)',
);
test(
  rejects,
  importing("env", "f", [0, 0]),
  'imports "env" "f", what its embedder has to provide (section import, offset 0x11)',
);
test(
  rejects,
  importing("wasi_unstable", "fd_write", [0, 0]),
  'imports "wasi_unstable" "fd_write", an older version of WASI: build it again with a present toolchain (section import, offset 0x11)',
);
test(
  rejects,
  importing("wasi", "thread-spawn", [0, 0]),
  'imports "wasi" "thread-spawn", threads (wasi-threads), which are not supported (section import, offset 0x11)',
);
test(
  rejects,
  importing(preview1, "fd_fly", [0, 0]),
  'imports "wasi_snapshot_preview1" "fd_fly", which WASI preview 1 does not have (section import, offset 0x11)',
);
test(
  rejects,
  importing(preview1, "fd_write", [0, 0]),
  'imports "wasi_snapshot_preview1" "fd_write" with another type than it has (section import, offset 0x11)',
);
test(
  rejects,
  importing("a\u001b[31m", "b", [0, 0]),
  'imports "a\\x1b[31m" "b", which is not of WASI preview 1 (section import, offset 0x11)',
);
