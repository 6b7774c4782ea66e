import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { isAlive, parseIdentity } from "./identity.ts";

const boot = "01234567-89ab-cdef-0123-456789abcdef";
const identity = { pid: 42, startTime: 1000n, inode: 7n, bootId: boot } as const;

/** A line of `/proc/PID/stat` whose process has a name that tries to mislead. */
function statLine(state: string, startTime: string): string {
  return `42 (a) b) ${state} ${"0 ".repeat(18)}${startTime} 0 0`;
}

test("a record is read", (t) => {
  t.deepEqual(parseIdentity(`42 1000 7 ${boot}\n`), identity);
});

const isNone = test.macro({
  exec(t, text: string) {
    t.is(parseIdentity(text), undefined);
  },
  title: (_provided, text: string) => `${JSON.stringify(text)} is no record`,
});

for (const text of ["", "42", `42 1000 7 ${boot} more`, `-1 1000 7 ${boot}`, `42 1000 ${boot}`]) test(isNone, text);

const alive = test.macro((t, stat: string | undefined, bootId: string, expected: boolean) => {
  const system = makeMemorySystem();
  system.put("/proc/sys/kernel/random/boot_id", `${bootId}\n`);
  if (stat !== undefined) system.put("/proc/42/stat", stat);
  t.is(isAlive(system, identity), expected);
});

test("a process that runs", alive, statLine("S", "1000"), boot, true);
test("a zombie has ended", alive, statLine("Z", "1000"), boot, false);
test("a later process with its pid is another", alive, statLine("S", "1001"), boot, false);
test("a process of another boot is another", alive, statLine("S", "1000"), boot.replace("0", "f"), false);
test("a process that is gone", alive, undefined, boot, false);
test("a process of which nothing can be told", alive, "42 (a)", boot, false);
