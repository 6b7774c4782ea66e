// Places of the host that mean more than files: what a bind of them gives away.
import { isBeneath } from "../../paths.ts";
import type { Severity } from "../check.ts";

/** How a bind can be used. */
export type SourceUse = "read" | "write" | "root";

/** A place of the host. `*` stands for one component. */
export interface SensitivePlace {
  readonly path: string;
  /** Whether looking is enough, or only writing does harm, or only writing as root of the host. */
  readonly needs: SourceUse;
  readonly severity: Severity;
  /** Whether what is in it means as much as itself. */
  readonly within: boolean;
  readonly why: string;
}

type Shape = readonly [needs: SensitivePlace["needs"], severity: Severity, within: boolean];

const rows = ([needs, severity, within]: Shape, why: string, paths: string): readonly SensitivePlace[] =>
  paths
    .trim()
    .split(/\s+/)
    .map((path) => ({ path, needs, severity, within, why }));

/** Every place of which a bind gives something away. */
export const sensitivePlaces: readonly SensitivePlace[] = [
  ...rows(
    ["read", "critical", true],
    "whoever talks to an engine or the system manager there is root of the host, read-only or not",
    `/run/docker.sock /var/run/docker.sock /run/containerd/containerd.sock /var/run/containerd/containerd.sock
     /run/crio/crio.sock /var/run/crio/crio.sock /run/podman/podman.sock /var/run/podman/podman.sock
     /run/buildkit/buildkitd.sock /run/user/*/docker.sock /run/user/*/podman/podman.sock /run/systemd/private
     /run/dbus/system_bus_socket /var/run/dbus/system_bus_socket /run/libvirt/libvirt-sock /var/lib/lxd/unix.socket
     /var/lib/incus/unix.socket`,
  ),
  ...rows(
    ["read", "high", true],
    "secrets of the host can be read",
    `/etc/shadow /etc/gshadow /etc/ssh /etc/ssl/private /etc/kubernetes /etc/krb5.keytab /etc/sudoers.d /root/.ssh
     /root/.gnupg /root/.aws /root/.kube /root/.docker /root/.config /home/*/.ssh /home/*/.gnupg /home/*/.aws /home/*/.kube
     /home/*/.docker /home/*/.config /var/lib/etcd /run/secrets`,
  ),
  ...rows(
    ["read", "high", false],
    "files of other containers and users can be read",
    "/root /run/user /var/lib/kubelet /var/lib/docker /var/lib/containers /var/lib/containerd /var/lib/rancher",
  ),
  ...rows(
    ["root", "critical", true],
    "root of the host runs these programs and reads these settings",
    `/etc /usr /bin /sbin /lib /lib32 /lib64 /boot /efi /var/spool/cron /var/lib/systemd /var/lib/dpkg /run/systemd /run/udev
     /nix /gnu /snap`,
  ),
  ...rows(
    ["write", "high", false],
    "users and services of the host trust what is there",
    "/root /home/* /opt /tmp /var/tmp /var/log /var/lib /run /var/run /run/coffer /run/runc /run/crun",
  ),
  ...rows(["read", "low", true], "the kernel's image and symbols tell how to attack it", "/boot"),
  ...rows(["read", "note", true], "the kernel's modules tell how to attack it", "/lib/modules /usr/lib/modules"),
  ...rows(["root", "critical", true], "disks, memory and terminals of the host can be written", "/dev"),
  ...rows(["read", "high", true], "devices of the host can be opened", "/dev"),
  ...rows(["root", "critical", true], "kernel parameters can be written, of which some name programs of root", "/proc"),
  ...rows(["read", "high", true], "processes and settings of the host are in sight", "/proc"),
  ...rows(["root", "high", true], "devices and cgroups of the host can be changed", "/sys"),
  ...rows(["read", "low", true], "devices and cgroups of the host are in sight", "/sys"),
];

const split = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.every((name, index) => name === "*" || name === parts[index]);
}

/** Whether a bind of `source` shows a place: it is the place, or above it, or in it where that means as much. */
function shows(source: string, { path, within }: SensitivePlace): boolean {
  const [parts, pattern] = [split(source), split(path)];
  if (parts.length <= pattern.length) return matches(pattern.slice(0, parts.length), parts);
  return within && matches(pattern, parts);
}

/** What of /dev is no device of the host's alone. */
const harmless = ["null", "zero", "full", "random", "urandom", "tty", "shm", "pts", "mqueue"].map(
  (name) => `/dev/${name}`,
);

/** What of /sys tells no more than what a container can ask its processors. */
const told = ["/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage"];

/** What a bind of a path of the host gives away. */
export function findPlaces(source: string, uses: readonly SourceUse[]): readonly SensitivePlace[] {
  const isIn = (paths: readonly string[]): boolean => paths.some((path) => isBeneath(source, path));
  if (isIn(harmless)) return [];
  const counted = uses.filter((use) => use !== "read" || !isIn(told));
  return sensitivePlaces.filter((place) => counted.includes(place.needs) && shows(source, place));
}
