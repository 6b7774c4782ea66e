// Calls to systemd's manager, as ops.
import type { PlanOp, SlotName } from "../../../wire/op.ts";
import type { Draft } from "../../draft/draft.ts";
import type { CgroupUnit } from "../../draft/options.ts";
import type { Roots } from "../../draft/roots.ts";
import type { DbusMessage, DbusProperty, DbusValue } from "./dbus.ts";
import { marshalCall } from "./dbus.ts";

const name = "org.freedesktop.systemd1";
const manager = { destination: name, path: "/org/freedesktop/systemd1", interface: `${name}.Manager` } as const;
const daemon = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
} as const;
const noSuchUnit = `${name}.NoSuchUnit`;
/** Jobs of scopes take milliseconds; a manager that is being reloaded takes longer. */
const timeoutMs = 30_000;
const from = "/linux/cgroupsPath";

const text = (value: string): DbusValue => ({ type: "s", value });

/** A connection to systemd, about one unit. */
export interface Manager {
  /** Starts a scope of one process, and waits until it is there. */
  startScope(properties: readonly DbusProperty[], process: SlotName): void;
  setProperties(properties: readonly DbusProperty[]): void;
  /** Moves a process into the scope. */
  attach(process: SlotName): void;
  /** Stops the unit, and waits until it is gone; one that is gone already is fine. */
  stop(): void;
  /** Has the unit stopped when the launch fails from here on. */
  stopOnFailure(): void;
}

/** Which unit is talked about, in which phase, and the slot of the connection. */
export interface ConnectOptions {
  /** Where the connection is made. */
  readonly phase: "host" | "parent";
  /** Where the calls are. */
  readonly callPhase: "host" | "parent";
  readonly unit: CgroupUnit;
  readonly slot: SlotName;
}

interface Caller {
  call(target: typeof manager | typeof daemon, member: string, body: readonly DbusValue[]): DbusMessage;
}

function makeCaller(): Caller {
  let serial = 0;
  return {
    call(target, member, body) {
      serial += 1;
      return marshalCall({ ...target, member, body }, serial);
    },
  };
}

/** On a bus, who is to hear of a job's end has to ask for it; systemd itself tells everybody that is connected. */
function greet(draft: Draft, caller: Caller, { phase, unit, slot }: ConnectOptions): void {
  const common = { op: "call-bus", phase, bus: slot, job: 0, timeoutMs, from } as const;
  draft.add({ ...common, ...caller.call(daemon, "Hello", []) });
  const signal = `type='signal',sender='${name}',path='${manager.path}',interface='${manager.interface}'`;
  const rule = text(`${signal},member='JobRemoved',arg2='${unit.name}'`);
  draft.add({ ...common, ...caller.call(daemon, "AddMatch", [rule]), why: "the ends of the unit's jobs" });
}

/** Connects to systemd. */
export function connectManager(draft: Draft, roots: Roots, options: ConnectOptions): Manager {
  const { phase, callPhase, unit, slot } = options;
  const caller = makeCaller();
  const at = roots.host();
  const why = unit.direct ? "systemd itself" : "the message bus that systemd is on";
  draft.add({ op: "connect-bus", phase, at, path: unit.socket, timeoutMs, out: slot, from, why });
  if (!unit.direct) greet(draft, caller, options);
  const add = (
    member: string,
    body: readonly DbusValue[],
    more: Partial<Extract<PlanOp, { op: "call-bus" }>> = {},
  ): void => {
    const common = { op: "call-bus", phase: callPhase, bus: slot, job: 0, timeoutMs, from } as const;
    draft.add({ ...common, ...caller.call(manager, member, body), ...more });
  };
  const stop = (more: Partial<Extract<PlanOp, { op: "call-bus" }>>): void =>
    add("StopUnit", [text(unit.name), text("replace")], { job: 1, except: noSuchUnit, ...more });
  return {
    startScope(properties, process) {
      const pids: DbusProperty = { name: "PIDs", value: { type: "au", value: "pid" } };
      const list: DbusValue = { type: "a(sv)", value: [...properties, pids] };
      const body: readonly DbusValue[] = [text(unit.name), text("fail"), list, { type: "a(sa(sv))" }];
      add("StartTransientUnit", body, { process, job: 1, why: `starts ${unit.name} around init` });
    },
    setProperties(properties) {
      const body: readonly DbusValue[] = [
        text(unit.name),
        { type: "b", value: true },
        { type: "a(sv)", value: properties },
      ];
      add("SetUnitProperties", body, { from: "/linux/resources" });
    },
    attach(process) {
      const body: readonly DbusValue[] = [text(unit.name), text(""), { type: "au", value: "pid" }];
      add("AttachProcessesToUnit", body, { process, why: `moves init into ${unit.name}` });
    },
    stop: () => stop({ why: `stops ${unit.name}` }),
    stopOnFailure: () => stop({ flags: ["undo"], why: `stops ${unit.name} when the launch fails` }),
  };
}
