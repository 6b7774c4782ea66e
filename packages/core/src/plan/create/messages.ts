// What others get to know of a process: its pidfd, and from the process itself that it is ready (sd_notify(3)).
import type { Config } from "@coffer/spec";
import type { SlotName } from "../../wire/op.ts";
import type { Context, Draft } from "../draft/draft.ts";
import type { NotifyOptions, PlanCreateOptions, ProcessOptions } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import type { MountEntry } from "../tree/mount-list.ts";
import { readMountOptions } from "../tree/mount-options.ts";

const pidfdSocket = "pidfd-socket";
const notifySocket = "notify-socket";
/** Where the container finds the socket: as in runc. */
const notifyMount = "/run/notify";

/** Connects to the socket that the pidfd is sent over, before anything is made. */
export function connectPidfd(draft: Draft, roots: Roots, { pidfdSocket: path }: ProcessOptions): void {
  if (path === undefined) return;
  draft.add({ op: "connect-socket", phase: "host", at: roots.host(), path, out: pidfdSocket, why: "gets the pidfd" });
}

/** Sends the pidfd, under the name that runc gives it. */
export function sendPidfd(
  draft: Draft,
  { pidfdSocket: path }: ProcessOptions,
  process: SlotName,
  name: "standard" | "setns",
): void {
  if (path === undefined) return;
  draft.add({ op: "send-fd", phase: "parent", flags: ["keep"], socket: pidfdSocket, fd: process, name });
  draft.add({ op: "close", phase: "parent", slot: pidfdSocket });
}

/** The config of a container that may tell that it is ready. */
export function withNotify(config: Config, { notify }: PlanCreateOptions): Config {
  if (notify === undefined || config.process === undefined) return config;
  const env = [...(config.process.env ?? []), `NOTIFY_SOCKET=${notifyMount}/notify.sock`];
  return { ...config, process: { ...config.process, env } };
}

/** Where it finds the socket. */
export function notifyMounts({ issues }: Context, { notify }: PlanCreateOptions): readonly MountEntry[] {
  if (notify === undefined) return [];
  const options = readMountOptions("bind", ["bind", "nosuid", "noexec", "nodev", "ro"], "", issues);
  const source = notify.directory;
  const where = { pointer: "", destination: notifyMount };
  return [{ slot: "mount-notify", ...where, type: "bind", source, isFile: false, options, uids: [], gids: [] }];
}

/** Makes the socket in the state directory. */
export function bindNotify(draft: Draft, roots: Roots, notify: NotifyOptions | undefined): void {
  if (notify === undefined) return;
  const isStale = notify.isStale === true;
  draft.add({
    op: "bind-notify",
    phase: "host",
    ...(isStale ? { flags: ["absent-ok"] as const } : {}),
    state: "state",
    at: roots.host(),
    path: notify.socket,
    out: notifySocket,
    why: "where the container tells that it is ready",
  });
  if (isStale) draft.add({ op: "close", phase: "host", slot: notifySocket, why: "nobody is told" });
}

/** Passes the word on: meanwhile, or before the launcher ends. */
export function relayNotify(
  draft: Draft,
  roots: Roots,
  notify: NotifyOptions | undefined,
  how: { readonly phase: "host" | "parent"; readonly process: SlotName; readonly isMain: boolean },
): void {
  if (notify === undefined || notify.isStale) return;
  const { phase, process, isMain } = how;
  const at = roots.host();
  const path = notify.socket;
  draft.add({ op: "relay-notify", phase, socket: notifySocket, at, process, path, main: isMain ? 1 : 0 });
}
