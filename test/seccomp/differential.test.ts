import test from "ava";
import { syscallColumns, syscallRows } from "../../packages/core/src/seccomp/compiler/syscalls.gen.ts";
import { checkFilter, compileSeccomp, SeccompError } from "../../packages/core/src/seccomp/index.ts";
import type { SeccompProfile } from "../../packages/core/src/seccomp/profile.ts";
import { compareFilters, withoutNames } from "./compare.ts";
import { engineProfileMissing, readEngineProfile } from "./engine-profile.ts";
import { generateProfile } from "./generate.ts";
import { compileWithLibseccomp, oracleMissing, resolveWithLibseccomp } from "./oracle.ts";
import { Random } from "./random.ts";

const host = { arch: "x86_64" } as const;
const options = { enosysAbove: false } as const;
const profiles = 160;
const rounds = 40;
const seed = Number(process.env.COFFER_SECCOMP_SEED ?? 1);

/** Deliberate difference: newer than libseccomp 2.6, whose callers then ignore the name. */
const newNames: ReadonlySet<string> = new Set(["file_getattr", "file_setattr", "listns", "open_tree_attr", "uprobe"]);
/** Deliberate difference: the kernel's headers give arm's call a second name, which libseccomp does not know. */
const aliases: ReadonlySet<string> = new Set(["sync_file_range2"]);
const left: ReadonlySet<string> = new Set([...newNames, ...aliases]);

const oracleTest = oracleMissing === undefined ? test : test.skip;

/** Docker's default capability set. */
const defaultCaps =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

/** Compiles what the compiler takes; contradictions, which libseccomp's callers refuse too, are left out. */
function compiled(profile: SeccompProfile): Uint8Array | undefined {
  try {
    return compileSeccomp(profile, host, options).program;
  } catch (error) {
    if (error instanceof SeccompError && error.shortMessage.includes("another action")) return undefined;
    throw error;
  }
}

oracleTest("names have the numbers libseccomp gives them", (t) => {
  const cells = syscallRows.flatMap(([name, ...numbers]) =>
    syscallColumns.map((arch, index) => ({ arch, name, ours: numbers[index] })),
  );
  const theirs = resolveWithLibseccomp(cells.map(({ arch, name }) => [arch, name]));
  const wrong = cells.filter(({ arch, name, ours }, index) => {
    const other = theirs[index] ?? Number.NaN;
    // On x86 it gives pseudo numbers for what socketcall and ipc can do; the verdicts are compared below.
    const pseudo = arch === "x86" && other < -100 && other > -300;
    return !left.has(name) && !pseudo && ours !== Math.max(other, -1);
  });
  t.deepEqual(wrong, []);
});

oracleTest("generated profiles give libseccomp's verdicts", (t) => {
  const random = new Random(seed);
  const cases = Array.from({ length: profiles }, () => withoutNames(generateProfile(random), left));
  const theirs = compileWithLibseccomp(cases);
  const meant = { blind: 0, unjustified: 0, reordered: 0 };
  let compared = 0;
  for (const [index, profile] of cases.entries()) {
    const [program, other] = [compiled(profile), theirs[index]];
    // What libseccomp refuses has no verdicts to compare; what we refuse, it must refuse too.
    if (program === undefined) t.not(other?.refused, 0);
    if (program === undefined || other === undefined || other.refused > 0) continue;
    compared++;
    t.is(checkFilter(program), undefined);
    const { wrong, ...deliberate } = compareFilters(profile, program, other.program, random, rounds);
    for (const kind of ["blind", "unjustified", "reordered"] as const) meant[kind] += deliberate[kind];
    t.is(wrong.length, 0, JSON.stringify({ seed, index, wrong: wrong.slice(0, 3), profile }, stringifyBig));
  }
  t.true(compared >= 100, `${compared} profiles were compared`);
  t.log(`${compared} of ${profiles} profiles compared; differences meant: ${JSON.stringify(meant)}`);
});

function stringifyBig(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}

for (const caps of [[], defaultCaps, [...defaultCaps, "CAP_SYS_ADMIN", "CAP_BPF"]])
  for (const [goArch, ociArch] of [["amd64", "SCMP_ARCH_X86_64"] as const, ["arm64", "SCMP_ARCH_AARCH64"] as const]) {
    const engineTest = engineProfileMissing === undefined ? oracleTest : test.skip;
    engineTest(`the engines' default profile, ${goArch}, ${caps.length} capabilities`, (t) => {
      const profile = withoutNames(readEngineProfile({ goArch, ociArch, caps }), left);
      const { program, instructions } = compileSeccomp(profile, host, options);
      const [theirs] = compileWithLibseccomp([profile]);
      t.is(checkFilter(program), undefined);
      t.is(theirs?.refused, 0);
      const { wrong, ...meant } = compareFilters(profile, program, theirs?.program ?? program, new Random(seed), 200);
      t.deepEqual(wrong, []);
      t.deepEqual(meant, { blind: 0, unjustified: 0, reordered: 0 });
      t.log(`${instructions} instructions, libseccomp ${(theirs?.program.length ?? 0) / 8}`);
    });
  }
