// Bundles that are made in the guest, in memory, and go with it.
import { chmodSync, copyFileSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { probe } from "../../helpers/build.ts";
import { baseConfig } from "../../helpers/config.ts";
import type { Patch } from "../../helpers/json.ts";
import { patched, toJson } from "../../helpers/json.ts";

/** A bundle in the guest. Its cgroup is named by its tag. */
export type GuestBundle = {
  readonly tag: string;
  /** The bundle's parent, of its own. */
  readonly base: string;
  readonly path: string;
  /** The directory of its cgroup. */
  readonly cgroup: string;
};

let count = 0;

/** Makes the place of the bundles, in memory, with the programs that every one has. */
export function prepareBundles(): void {
  mkdirSync("/bundles", { recursive: true });
  copyFileSync(probe(), "/bundles/probe");
  copyFileSync("/bin/busybox", "/bundles/busybox");
}

/** Makes a bundle of the base config with a patch; `$BASE` in its strings is its parent directory. */
export function makeGuestBundle(patch: Patch = {}): GuestBundle {
  count += 1;
  const tag = `vm-${process.pid}-${count}`;
  const base = `/bundles/${tag}`;
  const path = join(base, "bundle");
  const rootfs = join(path, "rootfs");
  for (const name of ["proc", "dev", "sys", "tmp", "etc", "mnt", "home"]) {
    mkdirSync(join(rootfs, name), { recursive: true });
  }
  chmodSync(join(rootfs, "tmp"), 0o1777);
  linkSync("/bundles/probe", join(rootfs, "probe"));
  linkSync("/bundles/busybox", join(rootfs, "busybox"));
  writeFileSync(join(rootfs, "etc", "motd"), "from the image\n");
  mkdirSync(join(base, "canary"));
  for (const name of ["ptmx", "file"]) writeFileSync(join(base, "canary", name), "canary\n");
  const config = patched(baseConfig(), { "/linux/cgroupsPath": `/coffer-test/${tag}`, ...patch });
  writeFileSync(join(path, "config.json"), toJson(config).replaceAll("$BASE", base));
  return { tag, base, path, cgroup: `/sys/fs/cgroup/coffer-test/${tag}` };
}
