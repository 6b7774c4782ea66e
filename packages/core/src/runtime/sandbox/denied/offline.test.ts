// What the kernel's counters say of a sandbox without a network of its own.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { encodeText } from "../../../wire/utf8.ts";
import { explainHost } from "./complaints.ts";
import { countUnrouted, unroutedSoFar, watchUnrouted } from "./offline.ts";

const counters = (unrouted: number): string =>
  `Ip: Forwarding DefaultTTL OutDiscards OutNoRoutes\nIp: 1 64 7 ${unrouted}\nUdp: NoPorts OutNoRoutes\nUdp: 4 9\n`;

test("the field is found by its name, and an unknown text counts nothing", (t) => {
  t.deepEqual([counters(3), counters(0), "", "Ip: OutNoRoutes\n"].map(countUnrouted), [3, 0, 0, 0]);
  const sixth = "Ip6InNoRoutes                   \t9\nIp6OutNoRoutes                  \t2\n";
  t.deepEqual([sixth, "Ip6OutNoRoutes\n"].map(countUnrouted), [2, 0]);
  t.is(unroutedSoFar({ readText: (path) => (path.endsWith("6") ? sixth : counters(3)) }, 7), 5);
});

test("a command that fails is told once the counter has moved, however often its end is asked for", (t) => {
  let closed = 0;
  let reads = 0;
  const ends = (unrouted: number, before = 0) => {
    const read = () => {
      reads += 1;
      return encodeText(counters(unrouted)) ?? new Uint8Array();
    };
    const close = (): void => {
      closed += 1;
    };
    return watchUnrouted({ openGrowing: () => ({ read, close }) }, 7, explainHost(), before);
  };
  const end = ends(1);
  for (let count = 0; count < 2; count++)
    t.deepEqual(
      end?.(1).map(({ add }) => add),
      ["--allow HOST"],
    );
  t.deepEqual([closed, reads], [2, 2], "one of each version of the protocol");
  t.deepEqual(ends(1)?.(0), []);
  t.deepEqual([closed, reads], [4, 2], "of a command that succeeds nothing is asked");
  t.deepEqual(ends(0)?.(1), []);
  t.deepEqual(ends(1, 2)?.(1), [], "what was counted before is not its own");
  t.is(ends(2, 2)?.(1).length, 1);
  t.is(watchUnrouted(makeMemorySystem(), 7, explainHost()), undefined, "it has ended before");
});
