// Rules for a user namespace that has one id: its processes can give a file to nobody else.
import type { SeccompArg, SeccompProfile, SeccompSyscall } from "./profile.ts";

const EPERM = 1;
const LOW = 0xffffffff;
/** The user or the group stays as it is: -1. */
const unchanged = LOW;

/** Calls that give a file to a user and a group, by the index of the user. The group comes next. */
const userAt: readonly (readonly [index: number, names: readonly string[]])[] = [
  [1, ["chown", "chown32", "fchown", "fchown32", "lchown", "lchown32"]],
  [2, ["fchownat"]],
];

const guarded = new Set(userAt.flatMap(([, names]) => names));

/** The kernel reads these arguments as 32-bit numbers: what stands in the high half must not matter. */
const is = (index: number, value: number): SeccompArg => ({
  index,
  op: "SCMP_CMP_MASKED_EQ",
  value: LOW,
  valueTwo: value,
});

function rulesOf(uid: number, gid: number): readonly SeccompSyscall[] {
  return userAt.flatMap(([index, names]): readonly SeccompSyscall[] => [
    ...[uid, unchanged].flatMap((user) =>
      [gid, unchanged].map(
        (group): SeccompSyscall => ({
          names,
          action: "SCMP_ACT_ALLOW",
          args: [is(index, user), is(index + 1, group)],
        }),
      ),
    ),
    { names, action: "SCMP_ACT_ERRNO", errnoRet: EPERM, args: [{ index, op: "SCMP_CMP_GE", value: 0 }] },
  ]);
}

/**
 * A profile whose processes get EPERM for a file of another user, as without privileges on the host. The kernel says EINVAL in a user
 * namespace that lacks the id, which programs that go on without the right do not expect.
 */
export function withOwnIds(
  profile: SeccompProfile,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): SeccompProfile {
  const kept = (profile.syscalls ?? []).map((rule) => ({
    ...rule,
    names: rule.names.filter((name) => !guarded.has(name)),
  }));
  return { ...profile, syscalls: [...kept, ...rulesOf(uid, gid)] };
}
