import test from "ava";
import { checkFilter, compileSeccomp, defaultSeccompProfile, verdictFor, withOwnIds } from "./index.ts";

const high = 0xdead_0000_0000_0000n;
const none = 0xffff_ffffn;

for (const arch of ["x86_64", "aarch64", "riscv64"])
  test(`a profile with own ids on ${arch}: files are given to nobody else`, (t) => {
    const profile = withOwnIds(defaultSeccompProfile(arch), { uid: 1000, gid: 100 });
    const { program, unknown } = compileSeccomp(profile, { arch });
    t.deepEqual(unknown, []);
    t.is(checkFilter(program), undefined);
    const verdict = (name: string, before: readonly bigint[], user: bigint, group: bigint) =>
      verdictFor(program, arch, name, [...before, user, group]);
    const calls = [
      ["chown", 1],
      ["lchown", 1],
      ["fchown", 1],
      ["fchownat", 2],
    ] as const;
    for (const [name, count] of calls) {
      const before = Array.from({ length: count }, () => 0n);
      if (verdict(name, before, none, none) === undefined) continue;
      for (const [user, group] of [
        [1000n, 100n],
        [none, 100n],
        [1000n, none],
        [none, none],
        [1000n | high, none | high],
      ] as const)
        t.is(verdict(name, before, user, group), "allow", `${name} ${user} ${group}`);
      for (const [user, group] of [
        [0n, 0n],
        [1000n, 0n],
        [none, 1000n],
        [0n, none],
        [100n, 100n],
        [1000n | high, 0n],
      ] as const)
        t.is(verdict(name, before, user, group), "errno", `${name} ${user} ${group}`);
    }
  });
