// Calls of a message bus that are wrong: each by as little as breaks its rule.
import { marshalCall } from "../plan/cgroup/systemd/dbus.ts";
import type { OpOf, PlanOp } from "../wire/op.ts";
import type { Change } from "./_plans.test.ts";
import { after, all, before } from "./_plans.test.ts";
import type { RuleName } from "./index.ts";

const { message, pidAt } = marshalCall(
  { destination: "a.b", path: "/a", interface: "a.b", member: "C", body: [{ type: "au", value: "pid" }] },
  7,
);
const connect: readonly PlanOp[] = [
  { op: "open-root", phase: "host", out: "bus-root" },
  { op: "connect-bus", phase: "host", at: "bus-root", path: "run/bus", timeoutMs: 1000, out: "bus" },
];
const good: OpOf<"call-bus"> = {
  op: "call-bus",
  phase: "parent",
  bus: "bus",
  process: "init",
  message,
  pidAt,
  job: 1,
  timeoutMs: 1000,
};

/** A call that the verifier takes, with some fields changed. */
export function call(fields: Partial<OpOf<"call-bus">> = {}): Change {
  return all(before("clone", ...connect), before("release", { ...good, ...fields }));
}

function withByte(at: number, value: number): Uint8Array {
  return message.map((byte, index) => (index === at ? value : byte));
}

const { process: _process, ...nobody } = good;

export const busCases: readonly (readonly [RuleName, string, "create", Change])[] = [
  ["bad-message", "the other byte order", "create", call({ message: withByte(0, 0x42) })],
  ["bad-message", "an answer", "create", call({ message: withByte(1, 2) })],
  ["bad-message", "a call that wants no answer", "create", call({ message: withByte(2, 1) })],
  ["bad-message", "another version", "create", call({ message: withByte(3, 2) })],
  ["bad-message", "no serial", "create", call({ message: withByte(8, 0) })],
  ["bad-message", "a body that is longer", "create", call({ message: withByte(4, 9) })],
  ["bad-message", "fields that are shorter", "create", call({ message: withByte(12, 8) })],
  ["bad-message", "fields of 4 GiB", "create", call({ message: withByte(15, 255) })],
  ["bad-message", "no whole header", "create", call({ message: message.subarray(0, 15) })],
  ["bad-number", "a pid past the end of a message", "create", call({ pidAt: message.length - 3 })],
  ["bad-number", "a pid between two numbers", "create", call({ pidAt: pidAt - 2 })],
  ["bad-number", "a pid in the header", "create", call({ pidAt: 8 })],
  ["bad-number", "a pid of nobody", "create", all(before("clone", ...connect), before("release", nobody))],
  [
    "old-root-alive",
    "a message bus in the container",
    "create",
    all(call(), after("pivot", { op: "close", phase: "rooted", slot: "bus" })),
  ],
  ["bad-number", "a pid in a call that undoes", "create", call({ flags: ["undo"] })],
];
