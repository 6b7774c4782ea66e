// What the kernel's counters say of a sandbox without a network.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { encodeText } from "../../../wire/utf8.ts";
import { countUnrouted, watchOffline } from "./offline.ts";

const counters = (unrouted: number): string =>
  `Ip: Forwarding DefaultTTL OutDiscards OutNoRoutes\nIp: 1 64 7 ${unrouted}\nUdp: NoPorts OutNoRoutes\nUdp: 4 9\n`;

test("the field is found by its name, and an unknown text counts nothing", (t) => {
  t.deepEqual([counters(3), counters(0), "", "Ip: OutNoRoutes\n"].map(countUnrouted), [3, 0, 0, 0]);
});

test("a command that fails is told once the counter has moved, however often its end is asked for", (t) => {
  let closed = 0;
  const ends = (unrouted: number) => {
    const read = () => encodeText(counters(unrouted)) ?? new Uint8Array();
    const close = (): void => {
      closed += 1;
    };
    return watchOffline({ openGrowing: () => ({ read, close }) }, 7);
  };
  const end = ends(1);
  t.deepEqual(end?.(0), []);
  t.deepEqual(
    end?.(1).map(({ add }) => add),
    ["--allow HOST"],
  );
  t.deepEqual(ends(0)?.(1), []);
  t.is(closed, 2);
  t.is(watchOffline(makeMemorySystem(), 7), undefined, "it has ended before");
});
