// Systemd where it still uses cgroup v1: the Debian guest, booted with other words on the kernel's command line.
import type { RunGuest } from "./batch/batch.ts";
import { runDebian } from "./debian.ts";
import { bundles, debianSetup } from "./systemd-setup.ts";

const hybrid = "systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1";
const words = { hybrid, "version-1": `${hybrid} systemd.legacy_systemd_cgroup_controller=1` } as const;

/** Runs a batch on such a host. */
export function onLegacy(name: keyof typeof words): RunGuest {
  return (script, options) => runDebian(script, { ...options, boot: { name, words: words[name] } });
}

// runc 1.1 gives 10:200 to every container.
const devices = '{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":200,"access":"rwm"}';
const cpu = '"cpu":{"shares":512,"quota":12345,"period":100000}';

/** Bundles of root and of an ordinary user with limits that version 1 has. */
export const legacySetup = (): string =>
  debianSetup + bundles("sleep 1000", `"pids":{"limit":33},${cpu},"devices":[${devices}]`);
