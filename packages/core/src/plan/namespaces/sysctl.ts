import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { resolveModes } from "../../wire/tables/op-table.ts";
import type { Context } from "../draft/draft.ts";
import type { Namespaces } from "./namespaces.ts";

/** Parameters of the ipc namespace beneath kernel/. */
const ipcKeys: ReadonlySet<string> = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map((key) => `kernel/${key}`),
);

/** Parameters that say what was written to them, as numbers: those of these parts of the kernel … */
const telling = /^(?:kernel|fs\/mqueue|user|net\/(?:core|ipv4|ipv6|mptcp|netfilter|unix))\//;
/**
 * … but these: times that are rounded to the kernel's ticks, and a mask that is filled up with zeroes. Also a range of
 * groups that may be reversed, and what can only be written.
 */
const untold =
  /\/neigh\/|_ms$|ratelimit$|_unsolicited_report_interval$|\/rps_default_mask$|\/ping_group_range$|\/route\/flush$/;
/** Those that say a word as it was written. */
const words: ReadonlySet<string> = new Set(["kernel/domainname", "net/ipv4/tcp_congestion_control"]);

/** A path of /proc/PID/ns that may be the host's own network namespace. */
const hostsNetwork = /^\/proc\/(?:self|thread-self|1)\/ns\/net$/;

/** Writes the kernel parameters through a procfs that init makes for this alone: the container's /proc may be anything. */
export function planSysctls(
  { config, draft, issues }: Context,
  namespaces: Namespaces,
  pidns: { readonly pidns?: SlotName },
): void {
  const entries = Object.entries(config.linux?.sysctl ?? {});
  if (entries.length === 0) return;
  const from = "/linux/sysctl";
  const phase = "inside";
  const [proc, parameters] = ["sysctl-proc", "parameters"] as const;
  draft.add({ op: "make-fs", phase, type: "proc", source: "proc", attrs: 0, ...pidns, out: proc, from });
  draft.add({
    op: "open-dir",
    phase,
    at: proc,
    path: "sys",
    resolve: resolveModes["no-symlinks"],
    out: parameters,
    from,
  });
  draft.add({ op: "close", phase, slot: proc, from });
  for (const [name, value] of entries) {
    const pointer = pointerTo(from, name);
    const key = sysctlPath(name);
    const reason = refuse(key, value, config, namespaces);
    if (reason !== undefined) issues.invalid(pointer, reason);
    if (/[^\t\x20-\x7e]/.test(value))
      issues.invalid(pointer, `${quote(value)} has a control or non-ASCII character in it`);
    const expect = readsBack(key, value);
    draft.add({
      op: "sysctl",
      phase,
      parameters,
      key,
      value,
      ...(expect === undefined ? {} : { expect }),
      from: pointer,
    });
  }
  draft.add({ op: "close", phase, slot: parameters, from });
}

/**
 * What a parameter says once a value was written: undefined where that is not known to be the value itself. Of several
 * numbers the first may be written alone, and the kernel puts a tab between them.
 */
export function readsBack(key: string, value: string): string | undefined {
  if (words.has(key)) return /^[^\s]+$/.test(value) ? value : undefined;
  const numbers = value.trim().split(/[ \t]+/);
  const plain = numbers.every((number) => /^(?:0|-?[1-9][0-9]*)$/.test(number));
  return plain && telling.test(key) && !untold.test(key) ? numbers.join("\t") : undefined;
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
function refuse(key: string, value: string, config: Context["config"], namespaces: Namespaces): string | undefined {
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
    const { domainname = "" } = config;
    if (domainname !== "" && domainname !== value) return `is what /domainname sets, to ${quote(domainname)}`;
    return need(namespaces.has("uts"), "uts");
  }
  if (key === "kernel/hostname") return "is what /hostname sets: use that";
  return `${quote(key)} is not of any namespace, so it would be set for the whole host`;
}

function need(owned: boolean, type: string): string | undefined {
  return owned ? undefined : `needs a ${type} namespace of the container's own in /linux/namespaces`;
}
