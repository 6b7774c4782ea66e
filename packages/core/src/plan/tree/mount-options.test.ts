import test from "ava";
import { createIssues } from "../draft/draft.ts";
import type { MountOptions } from "./mount-options.ts";
import { readMountOptions } from "./mount-options.ts";
import { mountOptionNames } from "./mount-words.ts";

const none = { set: 0, clear: 0 };

const reads = test.macro({
  title: (_, options: string) => options,
  exec(t, options: string, expected: Partial<Omit<MountOptions, "data">> & { readonly data?: readonly string[] }) {
    const issues = createIssues();
    const { data, ...found } = readMountOptions("tmpfs", options.split(" "), "/o", issues);
    issues.check("options");
    const blank = {
      bind: "none",
      own: none,
      deep: none,
      propagation: undefined,
      idmap: "none",
      copyUp: false,
      data: [],
    };
    const { bind, own, deep, propagation, idmap, copyUp } = found;
    t.deepEqual(
      { bind, own, deep, propagation, idmap, copyUp, data: data.map(({ option }) => option) },
      { ...blank, ...expected },
    );
  },
});

test(reads, "nosuid ", { own: { set: 2, clear: 0 } });
test(reads, "ro", { own: { set: 1, clear: 0 } });
test(reads, "ro rw", { own: { set: 0, clear: 1 } });
test(reads, "rw ro", { own: { set: 1, clear: 0 } });
test(reads, "nosuid nodev noexec", { own: { set: 0xe, clear: 0 } });
test(reads, "suid dev exec", { own: { set: 0, clear: 0xe } });
test(reads, "nosuid  nodev", { own: { set: 0x6, clear: 0 } });
test(reads, "noatime", { own: { set: 0x10, clear: 0x70 } });
test(reads, "atime", { own: { set: 0, clear: 0x70 } });
test(reads, "relatime", { own: { set: 0, clear: 0x70 } });
test(reads, "norelatime", { own: { set: 0, clear: 0x70 } });
test(reads, "strictatime", { own: { set: 0x20, clear: 0x70 } });
test(reads, "nostrictatime", { own: { set: 0, clear: 0x70 } });
test(reads, "noatime relatime", { own: { set: 0x10, clear: 0x70 } });
test(reads, "noatime atime", { own: { set: 0, clear: 0x70 } });
test(reads, "strictatime noatime", { own: { set: 0x20, clear: 0x70 } });
test(reads, "strictatime noatime nostrictatime", { own: { set: 0x10, clear: 0x70 } });
test(reads, "nodiratime", { own: { set: 0x80, clear: 0 } });
test(reads, "diratime", { own: { set: 0, clear: 0x80 } });
test(reads, "nosymfollow", { own: { set: 0x200000, clear: 0 } });
test(reads, "symfollow", { own: { set: 0, clear: 0x200000 } });
test(reads, "rro rnosuid", { deep: { set: 3, clear: 0 } });
test(reads, "rrw rsuid rdev rexec", { deep: { set: 0, clear: 0xf } });
test(reads, "rro rrw", { deep: { set: 1, clear: 0 } });
test(reads, "rsuid rnosuid rnodev rdev", { deep: { set: 6, clear: 0 } });
test(reads, "rnodiratime rdiratime rnoatime ratime", { deep: { set: 0x80, clear: 0x70 } });
test(reads, "rnoatime", { deep: { set: 0x10, clear: 0x70 } });
test(reads, "rrelatime", { deep: { set: 0, clear: 0x70 } });
test(reads, "rnosymfollow", { deep: { set: 0x200000, clear: 0 } });
test(reads, "private", { propagation: { value: 1, recursive: false } });
test(reads, "rprivate", { propagation: { value: 1, recursive: true } });
test(reads, "slave rslave", { propagation: { value: 2, recursive: true } });
test(reads, "shared", { propagation: { value: 3, recursive: false } });
test(reads, "runbindable", { propagation: { value: 4, recursive: true } });
test(reads, "bind", { bind: "bind" });
test(reads, "rbind bind", { bind: "rbind" });
test(reads, "rbind idmap", { bind: "rbind", idmap: "idmap" });
test(reads, "rbind ridmap", { bind: "rbind", idmap: "ridmap" });
test(reads, "defaults silent loud", {});
test(reads, "sync dirsync lazytime mand", { data: ["sync", "dirsync", "lazytime", "mand"] });
test(reads, "async nolazytime nomand", { data: ["async", "nolazytime", "nomand"] });
test(reads, "mode=755 size=64k nr_inodes=1", { data: ["mode=755", "size=64k", "nr_inodes=1"] });
test(reads, "uid=5,gid=6 size=1m,", { data: ["uid=5", "gid=6", "size=1m"] });
test(reads, 'lowerdir=a\\,b,ro context="a:s0:c1,c2",uid=1', {
  data: ["lowerdir=a\\,b", "ro", "context=a:s0:c1,c2", "uid=1"],
});
test(reads, "tmpcopyup", { copyUp: true });
test(reads, "constructor __proto__", { data: ["constructor", "__proto__"] });

test("every name that features tells is taken", (t) => {
  const issues = createIssues();
  const names = mountOptionNames.filter((name) => name !== "bind" && name !== "rbind");
  const { data } = readMountOptions("tmpfs", names, "/o", issues);
  issues.check("options");
  t.deepEqual(
    data.map(({ option }) => option),
    ["async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync"],
  );
});
