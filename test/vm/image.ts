// The Debian guest's root: packages, put together by mmdebstrap and guest/customize, packed as erofs.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached, hashOf } from "./cache.ts";
import type { Kernel } from "./kernel.ts";

const packages = [
  ...["systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "kmod", "procps", "iproute2"],
  ...["apparmor", "podman", "crun", "runc", "conmon", "criu", "libcriu2", "uidmap", "iptables", "passt"],
  ...["fuse-overlayfs", "netavark", "busybox-static", "libstdc++6"],
  ...["containerd", "docker.io", "docker-cli", "catatonit", "lxc"],
];

const guest = (name: string): string => join(import.meta.dirname, "guest", name);

const release = (): string => /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";

function fill(directory: string, kernel: Kernel): void {
  const tar = join(directory, "root.tar");
  const options = ["doc", "man", "locale", "info"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const hook = `--customize-hook=${guest("customize")} "$1" ${kernel.modules} ${guest("agent")}`;
  const argv = [
    ...["--quiet", "--variant=essential", `--include=${packages.join(",")}`, "--aptopt=Apt::Install-Recommends 0"],
    ...[...options, hook, release(), tar],
  ];
  execFileSync("mmdebstrap", argv, { stdio: ["ignore", "ignore", "inherit"] });
  execFileSync("mkfs.erofs", ["--quiet", "--tar=f", join(directory, "root.erofs"), tar], { stdio: "inherit" });
  rmSync(tar);
}

/** The image for a kernel, made once for each content of what it is made from. */
export async function image(kernel: Kernel): Promise<string> {
  const scripts = ["customize", "agent"].map((name) => readFileSync(guest(name)));
  const hash = hashOf(kernel.version, release(), packages.join(), ...scripts);
  return join(await cached("image", hash, (directory) => fill(directory, kernel)), "root.erofs");
}
