// Filters that are kept for later calls: what is found is what would be compiled, and nothing else is taken for it.
import { createHash } from "node:crypto";
import test from "ava";
import type { SeccompProfile } from "../../seccomp/index.ts";
import { compileOnce, compileSeccomp, defaultSeccompProfile, filterKey, recallFilter } from "../../seccomp/index.ts";
import type { MemorySystem } from "../../system/memory.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import { withKeptFilter } from "./kept-filter.ts";

const host = { arch: "x86_64" } as const;
const dir = "/run/coffer/.plans";
let made = 0;

/** A profile that no other test has: what was compiled in this process is remembered. */
function nextProfile(): SeccompProfile {
  made += 1;
  return { ...defaultSeccompProfile("x86_64"), defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1000 + made };
}

/** A few other profiles make a process forget: as the next call, which is another process. */
function forget(): void {
  for (let count = 0; count < 16; count++) compileOnce(nextProfile(), host);
}

function makeHost(): MemorySystem {
  const system = makeMemorySystem(0);
  system.put("/run");
  const digest: MemorySystem["digest"] = (bytes) => createHash("sha256").update(bytes).digest("hex");
  return { ...system, digest, build: "one" };
}

const kept = (system: MemorySystem): readonly string[] =>
  [...system.entries.keys()].filter((path) => path.startsWith(`${dir}/filter-`));

const ask = (system: MemorySystem, profile: SeccompProfile) =>
  withKeptFilter(system, profile, host, () => compileOnce(profile, host));

test("a filter is kept, and is the same in the next call", (t) => {
  const [system, profile] = [makeHost(), nextProfile()];
  const expected = compileSeccomp(profile, host);
  t.deepEqual(ask(system, profile), expected);
  t.is(kept(system).length, 1);
  forget();
  t.deepEqual(ask(system, profile), expected);
});

test("what was kept is used: nothing is compiled in the next call", (t) => {
  const [system, profile] = [makeHost(), nextProfile()];
  ask(system, profile);
  forget();
  const written = [...system.entries.keys()].length;
  const filter = withKeptFilter(system, profile, host, () => recallFilter(filterKey(profile, host)));
  t.deepEqual(filter, compileSeccomp(profile, host));
  t.is([...system.entries.keys()].length, written);
});

test("a profile that differs in one number has a filter of its own", (t) => {
  const [system, one, two] = [makeHost(), nextProfile(), nextProfile()];
  t.notDeepEqual(ask(system, one).program, ask(system, two).program);
  forget();
  t.deepEqual(ask(system, one), compileSeccomp(one, host));
  t.deepEqual(ask(system, two), compileSeccomp(two, host));
});

/** What an attacker or a fault may have done to the filter that is kept. */
const damage: Readonly<Record<string, (system: MemorySystem, path: string, bytes: Uint8Array) => void>> = {
  "a byte of it was changed": (system, path, bytes) =>
    system.writeFile(
      path,
      bytes.map((byte, index) => (index === bytes.length - 4 ? byte ^ 1 : byte)),
    ),
  "it was cut": (system, path, bytes) => system.writeFile(path, bytes.slice(0, -8)),
  "it is empty": (system, path) => system.writeFile(path, ""),
  "others may write to the directory": (system) => system.put(dir, undefined, { mode: 0o777 }),
  "the directory is another user's": (system) => system.put(dir, undefined, { uid: 1000 }),
};

for (const [title, harm] of Object.entries(damage))
  test(`a filter counts for nothing if ${title}`, (t) => {
    const [system, profile] = [makeHost(), nextProfile()];
    ask(system, profile);
    forget();
    const [path = ""] = kept(system);
    harm(system, path, system.readBytes(path, 1 << 20));
    t.deepEqual(ask(system, profile), compileSeccomp(profile, host));
  });

test("neither a front that keeps nothing nor a small profile keeps a filter", (t) => {
  const { build, ...system } = makeHost();
  ask(system, nextProfile());
  ask({ ...system, build: build ?? "" }, { defaultAction: "SCMP_ACT_ALLOW" });
  t.deepEqual(kept(system), []);
});
