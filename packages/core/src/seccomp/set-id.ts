// Rules against set-user-id and set-group-id files, as systemd's RestrictSUIDSGID makes them.
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "./profile.ts";

const setIdBits = 0o6000;
/** O_CREAT and O_TMPFILE's own bit, the same on every architecture here: without both, open(2) ignores its mode. */
const creating = 0o100 + 0o20000000;

const EPERM = 1;
const ENOSYS = 38;

/** Calls that give a file a mode, by the index of the mode. mkdir(2) drops both bits by itself, but not in every kernel. */
const modeAt: readonly (readonly [index: number, names: readonly string[]])[] = [
  [1, ["chmod", "fchmod", "creat", "mkdir", "mknod"]],
  [2, ["fchmodat", "fchmodat2", "mkdirat", "mknodat"]],
];

/** Calls whose mode counts only with flags that create, by the index of the flags. The mode comes next. */
const flagsAt: readonly (readonly [index: number, name: string])[] = [
  [1, "open"],
  [2, "openat"],
];

/** Its mode lies in memory, where a filter does not see it: C libraries fall back to openat(2). */
const unseen = "openat2";

const guarded = new Set([unseen, ...modeAt.flatMap(([, names]) => names), ...flagsAt.map(([, name]) => name)]);

const without = (index: number, bits: number): SeccompArg => ({
  index,
  op: "SCMP_CMP_MASKED_EQ",
  value: bits,
  valueTwo: 0,
});
const allow = (names: readonly string[], arg: SeccompArg): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_ALLOW",
  args: [arg],
});
/** A condition that always holds. On the lowest index that the call's rules ask for, the condition is asked last. */
const deny = (names: readonly string[], lowest: number): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_ERRNO",
  errnoRet: EPERM,
  args: [{ index: lowest, op: "SCMP_CMP_GE", value: 0 }],
});

const rules: readonly SeccompSyscall[] = [
  ...modeAt.flatMap(([index, names]) => [allow(names, without(index, setIdBits)), deny(names, index)]),
  ...flagsAt.flatMap(([index, name]) => [
    allow([name], without(index, creating)),
    allow([name], without(index + 1, setIdBits)),
    deny([name], index),
  ]),
  { names: [unseen], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
];

/**
 * A profile whose processes can make no set-user-id and no set-group-id file. A directory of the host that they write to
 * is not mounted nosuid for everybody else, and what root has made there belongs to root.
 */
export function withoutSetId(profile: SeccompProfile): SeccompProfile {
  const kept = (profile.syscalls ?? []).map((rule) => ({
    ...rule,
    names: rule.names.filter((name) => !guarded.has(name)),
  }));
  return { ...profile, syscalls: [...kept, ...rules] };
}
