// The image of the engines' containers: a static busybox and nothing else. No network is needed.
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

const busybox = "/usr/bin/busybox";
const directories = ["bin", "etc", "tmp", "root", "proc", "sys", "dev", "data"];
const passwd = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/:/bin/sh\n";
const group = "root:x:0:\nuser:x:1000:\n";

/** Makes the image's root as a tar file; returns its path. Hard links: a link to /bin would reach the host's in a chroot. */
export function makeImageTar({ base }: Pick<Place, "base">): string {
  const root = join(base, "image");
  for (const name of directories) mkdirSync(join(root, name), { recursive: true });
  const own = join(root, "bin", "busybox");
  copyFileSync(busybox, own);
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n");
  for (const name of applets) if (name !== "" && name !== "busybox") linkSync(own, join(root, "bin", name));
  writeFileSync(join(root, "etc", "passwd"), passwd);
  writeFileSync(join(root, "etc", "group"), group);
  const tar = join(base, "image.tar");
  execFileSync("tar", ["--owner=0", "--group=0", "--numeric-owner", "-C", root, "-cf", tar, "."]);
  return tar;
}
