// Flags of checkpoint and restore: what they mean, and what is refused in runc's words.
import test from "ava";
import type { CriuVerbOptions } from "./flags.ts";
import { checkDumpFlags, checkFlags, readCgroupMode, readParent } from "./flags.ts";

test("a cgroup mode is one of four, and soft if the flag is missing or empty", (t) => {
  const words = [undefined, "", "soft", "full", "strict", "ignore"];
  t.deepEqual(words.map(readCgroupMode), ["soft", "soft", "soft", "full", "strict", "ignore"]);
  t.throws(() => readCgroupMode("Soft"), { code: "E_USAGE", message: /Invalid manage-cgroups-mode value/ });
});

test("the path of a parent is relative to the images", (t) => {
  t.deepEqual([undefined, "", "../one", "a/"].map(readParent), [undefined, undefined, "../one", "a/"]);
  t.throws(() => readParent("/one/"), { code: "E_USAGE", message: /--parent-path must be relative/ });
});

type Row = readonly [options: CriuVerbOptions, dump: RegExp | undefined, restore: RegExp | undefined];

const rows: readonly Row[] = [
  [{}, undefined, undefined],
  [{ emptyNamespaces: ["network", "network"] }, undefined, undefined],
  [{ emptyNamespaces: ["network", "uts"] }, /namespace "uts" is not supported/, /namespace "uts" is not supported/],
  [{ manageCgroupsMode: "hard" }, /Invalid manage-cgroups-mode/, /Invalid manage-cgroups-mode/],
  [{ lazyPages: false, statusFd: "-1", pageServer: "" }, undefined, undefined],
  [{ lazyPages: true }, /--lazy-pages is refused/, undefined],
  [{ statusFd: "3" }, /--status-fd is refused/, undefined],
  [{ statusFd: "" }, /--status-fd is refused/, undefined],
  [{ pageServer: "10.0.0.1:27" }, /--page-server is refused/, undefined],
];

for (const [options, dump, restore] of rows)
  test(`the flags ${JSON.stringify(options)}`, (t) => {
    for (const [check, message] of [
      [checkDumpFlags, dump],
      [checkFlags, restore],
    ] as const)
      if (message === undefined) t.notThrows(() => check(options));
      else t.throws(() => check(options), { code: "E_USAGE", message });
  });
