// Run in new network and ipc namespaces: writes numbers to every kernel parameter of those, and prints what a launch would
// take for another value than it wrote. The last line has the number of compared values.
import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readsBack } from "../../packages/core/src/plan/namespaces/sysctl.ts";

const sys = "/proc/sys";
const numbers = ["0", "1", "2", "7", "13", "60", "333", "1001", "65535", "1000003", "-1", "4294967295"];
const ipc = ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"];

const keys = ["net", "fs/mqueue", "user"].flatMap((part) =>
  readdirSync(join(sys, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(sys.length + 1)),
);

/** What a parameter says, once a value was written if one is given; undefined where it cannot be. */
function say(key: string, value?: string): string | undefined {
  const buffer = Buffer.alloc(4096);
  try {
    const file = openSync(join(sys, key), value === undefined ? constants.O_RDONLY : constants.O_RDWR);
    try {
      if (value !== undefined && writeSync(file, value) !== value.length) return undefined;
      return buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

let compared = 0;
for (const key of [...keys, ...ipc.map((name) => `kernel/${name}`)]) {
  const before = say(key)?.trim() ?? "";
  const columns = before.split(/\s+/).length;
  for (const value of [before, ...numbers.flatMap((one) => [one, Array(columns).fill(one).join(" ")])]) {
    const expect = readsBack(key, value);
    const is = expect === undefined ? undefined : say(key, value);
    if (expect === undefined || is === undefined) continue;
    compared += 1;
    if (!is.startsWith(expect) || !/^[\t\n]/.test(is.slice(expect.length)))
      console.log(`${key}: ${JSON.stringify(value)} reads ${JSON.stringify(is)}`);
  }
  say(key, before);
}
console.log(`compared ${compared}`);
