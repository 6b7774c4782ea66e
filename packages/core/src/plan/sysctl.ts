import { quote } from "../errors.ts";
import type { Context } from "./draft.ts";
import type { Namespaces } from "./namespaces.ts";
import { pointerTo } from "./paths.ts";

/** Parameters of the ipc namespace beneath kernel/. */
const ipcKeys: ReadonlySet<string> = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map((key) => `kernel/${key}`),
);

/** A path of /proc/PID/ns that may be the host's own network namespace. */
const hostsNetwork = /^\/proc\/(?:self|thread-self|1)\/ns\/net$/;

/** Writes the kernel parameters through a procfs that init makes for this alone: the container's /proc may be anything. */
export function planSysctls({ config, draft, issues }: Context, namespaces: Namespaces): void {
  const entries = Object.entries(config.linux?.sysctl ?? {});
  if (entries.length === 0) return;
  const from = "/linux/sysctl";
  draft.add({ op: "make-fs", phase: "inside", type: "proc", source: "proc", attrs: 0, out: "sysctl-proc", from });
  for (const [name, value] of entries) {
    const pointer = pointerTo(from, name);
    const key = sysctlPath(name);
    const reason = refuse(key, config, namespaces);
    if (reason !== undefined) issues.invalid(pointer, reason);
    if (/[^\t\x20-\x7e]/.test(value))
      issues.invalid(pointer, `${quote(value)} has a control or non-ASCII character in it`);
    draft.add({ op: "sysctl", phase: "inside", proc: "sysctl-proc", key, value, from: pointer });
  }
  draft.add({ op: "close", phase: "inside", slot: "sysctl-proc", from });
}

/** The path of a key: `net.ipv4.conf.eth0/1.forwarding` and `net/ipv4/conf/eth0.1/forwarding` are the same (sysctl(8)). */
export function sysctlPath(name: string): string {
  const dot = name.indexOf(".");
  const slash = name.indexOf("/");
  const dotted = dot >= 0 && (slash < 0 || dot < slash);
  if (!dotted) return name;
  return [...name].map((char) => (char === "." ? "/" : char === "/" ? "." : char)).join("");
}

/** Why a key may not be written; undefined when it may. */
function refuse(key: string, config: Context["config"], namespaces: Namespaces): string | undefined {
  const parts = key.split("/");
  if (parts.length < 2 || parts.some((part) => !/^[A-Za-z0-9_.@:-]+$/.test(part) || /^\.+$/.test(part)))
    return `${quote(key)} is not the name of a kernel parameter`;
  if (ipcKeys.has(key) || key.startsWith("fs/mqueue/")) return need(namespaces.has("ipc"), "ipc");
  if (key.startsWith("net/")) {
    const path = namespaces.joined.find(({ type }) => type === "network")?.path;
    return need(namespaces.has("network") && !hostsNetwork.test(path ?? ""), "network");
  }
  if (key.startsWith("user/")) return need(namespaces.has("user"), "user");
  if (key === "kernel/domainname") {
    if (config.domainname !== undefined && config.domainname !== "") return "is what /domainname sets";
    return need(namespaces.has("uts"), "uts");
  }
  if (key === "kernel/hostname") return "is what /hostname sets: use that";
  return `${quote(key)} is not of any namespace, so it would be set for the whole host`;
}

function need(owned: boolean, type: string): string | undefined {
  return owned ? undefined : `needs a ${type} namespace of the container's own in /linux/namespaces`;
}
