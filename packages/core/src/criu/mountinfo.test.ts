// Which mounts of a container are the host's: they are named in the images, and not written into them.
import test from "ava";
import type { MountLine } from "../host/mountinfo.ts";
import { boundPoints } from "./mountinfo.ts";

const line = (device: string, point: string, type: string): MountLine => ({
  id: 1,
  device,
  root: "/",
  point,
  type,
  options: "",
});
const mounts: readonly MountLine[] = [
  line("254:0", "/", "ext4"),
  line("0:41", "/proc", "proc"),
  line("0:42", "/dev", "tmpfs"),
  line("254:0", "/volume", "ext4"),
  line("0:30", "/sys/fs/cgroup", "cgroup2"),
  line("0:45", "/sys", "sysfs"),
  line("254:0", "/volume", "ext4"),
];

test("what the host has mounted is the host's, but for its root and what CRIU makes anew", (t) => {
  const host = new Set(["254:0", "0:41", "0:30", "0:45"]);
  t.deepEqual(boundPoints(mounts, host, true), ["/volume"]);
  t.deepEqual(boundPoints(mounts, host, false), ["/volume", "/sys/fs/cgroup"]);
  t.deepEqual(boundPoints(mounts, new Set(), false), []);
});
