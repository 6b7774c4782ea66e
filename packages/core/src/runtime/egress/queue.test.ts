// What is done in turn for connections: no more at once, and nothing is kept of one that has gone.
import { PassThrough } from "node:stream";
import test from "ava";
import { makeQueue } from "./queue.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a connection that goes before its turn is told at once, and waits for nobody", async (t) => {
  const queue = makeQueue(1);
  const stays = new PassThrough();
  let end = (): void => {};
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  const first = queue(stays, () => until);
  const done: string[] = [];
  const gone = Array.from({ length: 100 }, () => new PassThrough());
  const late = gone.map((one) => queue(one, async () => void done.push("gone")));
  for (const one of gone) one.destroy();
  // The first one is not done yet.
  const results = await Promise.allSettled(late);
  t.deepEqual([...new Set(results.map((one) => (one.status === "rejected" ? one.reason.errno : "")))], ["ECANCELED"]);
  t.deepEqual([...new Set(gone.map((one) => one.listenerCount("close")))], [0]);
  const last = queue(stays, async () => void done.push("stays"));
  await settled();
  t.deepEqual(done, []);
  end();
  await Promise.all([first, last]);
  t.deepEqual(done, ["stays"]);
});

test("what fails lets the next one go on, and so does one whose end comes with its turn", async (t) => {
  const queue = makeQueue(2);
  const [one, two] = [new PassThrough(), new PassThrough()];
  const fail = () => Promise.reject(new Error("no"));
  const all = Promise.allSettled([
    queue(one, fail),
    queue(one, fail),
    queue(two, async () => "two"),
    queue(one, async () => "one"),
  ]);
  two.destroy();
  t.deepEqual(
    (await all).map(({ status }) => status),
    ["rejected", "rejected", "rejected", "fulfilled"],
  );
  t.is(await queue(one, async () => "free"), "free");
});
