import test from "ava";
import {
  checkFilter,
  compileSeccomp,
  defaultSeccompProfile,
  verdictFor,
  withOwnNamespaces,
  withoutSetId,
} from "./index.ts";

const newUser = 0x10000000n;

for (const arch of ["x86_64", "aarch64", "riscv64"])
  test(`a profile with own namespaces on ${arch}: what makes them is allowed, and all else as before`, (t) => {
    const before = withoutSetId(defaultSeccompProfile(arch));
    const [narrow, wide] = [before, withOwnNamespaces(before)].map((profile) => compileSeccomp(profile, { arch }));
    t.is(checkFilter(wide?.program ?? new Uint8Array()), undefined);
    const verdicts = (name: string, ...args: readonly bigint[]) =>
      [narrow, wide].map((compiled) => compiled && verdictFor(compiled.program, arch, name, args));
    for (const name of ["clone", "unshare"]) t.deepEqual(verdicts(name, newUser), ["errno", "allow"], name);
    for (const name of ["mount", "umount2", "pivot_root", "setns", "chroot", "fsopen", "move_mount", "openat2"])
      t.deepEqual(verdicts(name), ["errno", "allow"], name);
    for (const name of [
      "clone3",
      "bpf",
      "io_uring_setup",
      "keyctl",
      "perf_event_open",
      "open_by_handle_at",
      "userfaultfd",
    ])
      t.deepEqual(verdicts(name), ["errno", "errno"], name);
    t.deepEqual(verdicts("fchmodat", 0n, 0n, 0o4755n), ["errno", "errno"]);
    t.deepEqual(verdicts("socket", 17n), ["errno", "errno"]);
    t.deepEqual(verdicts("read"), ["allow", "allow"]);
  });
