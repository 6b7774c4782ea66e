import type { TableName } from "../../packages/core/src/seccomp/compiler/arch.ts";
import { archOf, numberOf } from "../../packages/core/src/seccomp/compiler/arch.ts";
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "../../packages/core/src/seccomp/profile.ts";
import type { Probe } from "./compare.ts";
import { actionWord } from "./oracle.ts";

/** What a profile says of one number: the entries that name it, each with the alternatives of its arguments. */
interface Entry {
  readonly answer: number;
  readonly alternatives: readonly (readonly SeccompArg[])[];
}

function holds(arg: SeccompArg, args: readonly bigint[], bits: number): boolean {
  const cut = (value: number | bigint | undefined): bigint => BigInt.asUintN(bits, BigInt(value ?? 0));
  const [seen, value, two] = [cut(args[arg.index]), cut(arg.value), cut(arg.valueTwo)];
  const answers: Readonly<Record<string, boolean>> = {
    NE: seen !== value,
    LT: seen < value,
    LE: seen <= value,
    EQ: seen === value,
    GE: seen >= value,
    GT: seen > value,
    MASKED_EQ: (seen & value) === (two & value),
  };
  return answers[arg.op.replace("SCMP_CMP_", "")] ?? false;
}

/** A mask that leaves no bit to look at: the argument then counts as not given. */
function isEmpty({ op, value }: SeccompArg, bits: number): boolean {
  return op === "SCMP_CMP_MASKED_EQ" && BigInt.asUintN(bits, BigInt(value)) === 0n;
}

const bounds: ReadonlySet<string> = new Set(["SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GE", "SCMP_CMP_GT"]);

function alternativesOf({ args = [] }: SeccompSyscall): readonly (readonly SeccompArg[])[] {
  const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
  return repeats ? args.map((arg) => [arg]) : [args];
}

/**
 * A plain reading of a profile, without a compiler: which answers a call may get. More than one where entries with
 * different actions hold at once; which of them answers is then libseccomp's order, not the profile's meaning.
 */
export class Reference {
  readonly #profile: SeccompProfile;
  readonly #default: number;
  readonly #entries = new Map<string, readonly Entry[]>();
  readonly #tables: ReadonlySet<TableName>;

  constructor(profile: SeccompProfile, native: TableName) {
    this.#profile = profile;
    this.#default = actionWord(profile.defaultAction, profile.defaultErrnoRet);
    const listed = (profile.architectures ?? []).map((name) => name.replace("SCMP_ARCH_", "").toLowerCase());
    this.#tables = new Set(
      [native, ...listed].flatMap((name) => {
        const arch = archOf(name);
        return arch === undefined ? [] : [arch.table];
      }),
    );
  }

  answers({ arch, nr, args }: Probe): ReadonlySet<number> {
    const table = this.#tableOf(arch, nr);
    if (table === undefined) return new Set([0]);
    const bits = archOf(table)?.wide ? 64 : 32;
    const entries = this.#entriesOf(table, nr);
    const always = entries.find((entry) => entry.alternatives.some((list) => list.every((arg) => isEmpty(arg, bits))));
    if (always !== undefined) return new Set([always.answer]);
    const met = entries.filter((entry) =>
      entry.alternatives.some((list) => list.every((arg) => holds(arg, args, bits))),
    );
    return new Set(met.length === 0 ? [this.#default] : met.map((entry) => entry.answer));
  }

  /**
   * Whether the rules of a call bound one argument more than once. libseccomp merges the tests of such bounds, which
   * can move a rule in front of others or make it answer where it does not hold.
   */
  boundsTwice({ arch, nr }: Probe): boolean {
    const table = this.#tableOf(arch, nr);
    const args = table === undefined ? [] : this.#entriesOf(table, nr).flatMap((entry) => entry.alternatives.flat());
    const bounded = args.filter((arg) => bounds.has(arg.op)).map((arg) => arg.index);
    return new Set(bounded).size < bounded.length;
  }

  #tableOf(token: number, nr: number): TableName | undefined {
    const x32 = nr >= 0x40000000 && nr !== 0xffffffff;
    for (const table of this.#tables)
      if (archOf(table)?.audit === token && (token !== archOf("x32")?.audit || x32 === (table === "x32"))) return table;
    return nr === 0xffffffff && this.#tables.has("x32") && token === archOf("x32")?.audit ? "x32" : undefined;
  }

  #entriesOf(table: TableName, nr: number): readonly Entry[] {
    const key = `${table} ${nr}`;
    const old = this.#entries.get(key);
    if (old !== undefined) return old;
    const found = (this.#profile.syscalls ?? []).flatMap((syscall) => {
      const answer = actionWord(syscall.action, syscall.errnoRet);
      const named = syscall.names.some((name) => numberOf(table, name) === nr);
      // Entries with the default action are no entries: every runtime leaves them out.
      return named && answer !== this.#default ? [{ answer, alternatives: alternativesOf(syscall) }] : [];
    });
    this.#entries.set(key, found);
    return found;
  }
}
