import test from "ava";
import { compileOnce, compileSeccomp } from "./index.ts";
import type { SeccompProfile } from "./profile.ts";

const host = { arch: "x86_64" } as const;

function makeProfile(value: number | bigint, name = "read"): SeccompProfile {
  const args = [{ index: 0, value, op: "SCMP_CMP_EQ" }];
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: [name], action: "SCMP_ACT_ALLOW", args }] };
}

test("a profile gives the same filter again", (t) => {
  const expected = compileSeccomp(makeProfile(5n), host);
  t.deepEqual(compileOnce(makeProfile(5n), host), expected);
  t.deepEqual(compileOnce(makeProfile(5n), host), expected);
});

test("another profile or machine gives another filter", (t) => {
  const programs = [
    compileOnce(makeProfile(5n), host),
    compileOnce(makeProfile(2n ** 64n - 1n), host),
    compileOnce(makeProfile(2n ** 64n - 2n), host),
    compileOnce(makeProfile(5n, "write"), host),
    compileOnce({ ...makeProfile(5n), flags: [] }, host),
    compileOnce(makeProfile(5n), { arch: "aarch64" }),
  ].map(({ program, flags }) => `${program} ${flags}`);
  t.is(new Set(programs).size, programs.length);
});

test("a number gives the filter of the same bigint", (t) => {
  t.deepEqual(compileOnce(makeProfile(5), host), compileSeccomp(makeProfile(5n), host));
});

test("a mask and what it must leave are part of what is known", (t) => {
  const make = (valueTwo: bigint): SeccompProfile => ({
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [
      {
        names: ["read"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 7n, valueTwo, op: "SCMP_CMP_MASKED_EQ" }],
      },
    ],
  });
  for (const valueTwo of [1n, 2n]) t.deepEqual(compileOnce(make(valueTwo), host), compileSeccomp(make(valueTwo), host));
});

test("a caller that changes its program changes no other", (t) => {
  const first = compileOnce(makeProfile(7n), host);
  const { program } = compileSeccomp(makeProfile(7n), host);
  first.program.fill(0);
  t.deepEqual(compileOnce(makeProfile(7n), host).program, program);
});

test("many profiles are all compiled rightly", (t) => {
  for (const value of Array.from({ length: 100 }, (_, index) => BigInt(index % 40)))
    t.deepEqual(compileOnce(makeProfile(value), host), compileSeccomp(makeProfile(value), host));
});

test("a profile that cannot be compiled is refused each time", (t) => {
  const bad = { ...makeProfile(5n), architectures: ["SCMP_ARCH_VAX"] };
  t.throws(() => compileOnce(bad, host), { message: /unknown architecture/ });
  t.throws(() => compileOnce(bad, host), { message: /unknown architecture/ });
});
