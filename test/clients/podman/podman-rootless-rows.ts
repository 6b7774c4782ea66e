import type { Row } from "../rows.ts";
import { networkRows } from "./podman-network-rows.ts";
import { optionRows } from "./podman-option-rows.ts";
import { podRows } from "./podman-pod-rows.ts";
import { lifeRows, runRows, viewRows } from "./podman-rows.ts";
import { statusRows } from "./podman-status-rows.ts";

/** Rows of root that a user without a delegated cgroup cannot have. */
const needCgroups = new Set([
  "--cgroups=disabled",
  "pause, unpause",
  "rm -f of a paused one",
  "stats",
  "update --memory",
  "--memory, --pids-limit",
  "--cpus, --cpu-shares",
  "--cpuset-cpus",
  "--memory is enforced",
  "--device-read-bps",
  "--cgroupns",
  "exec: of a paused container",
  "--cgroup-parent, --cgroupns host",
  "--memory-swap, --memory-reservation",
  "--device-cgroup-rule",
]);
/** Rows that ask for host ids, or for root's files. */
const needRoot = new Set(["--uidmap", "--userns auto", "-v :idmap", "--rootfs", "--rootfs :O"]);

const ownRows: readonly Row[] = [
  {
    title: "ids of the user",
    script: 'podman run --rm bb sh -c \'id -u; tr -s " " </proc/self/uid_map | head -1 | cut -d" " -f2,4\'',
    prints: "0\n0 1\n",
  },
  { title: "--userns keep-id", script: "podman run --rm --userns keep-id bb id -u; id -u", prints: /^(\d+)\n\1\n$/ },
  { title: "--userns nomap", script: "podman run --rm --userns nomap bb id -u", prints: "0\n" },
  { title: "--userns host", script: "podman run --rm --userns host bb id -u", prints: "0\n" },
  {
    title: "--userns auto",
    script: 'podman run --rm --userns auto:size=1024 bb sh -c \'tr -s " " </proc/self/uid_map | cut -d" " -f4\'',
    prints: "1024\n",
  },
  { title: "pasta", script: "podman run --rm --network pasta bb ip link show lo | grep -c LOOPBACK,UP", prints: "1\n" },
];

/** What an ordinary user does. */
export const rootlessRows: readonly Row[] = [
  ...ownRows,
  ...[...runRows, ...lifeRows, ...viewRows, ...statusRows, ...podRows, ...optionRows, ...networkRows].filter(
    ({ title }) => !needCgroups.has(title) && !needRoot.has(title),
  ),
];
