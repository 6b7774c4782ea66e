import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRuntime } from "@coffer/core";
import test from "ava";
import { makeEvents } from "./json-log.ts";

test("the start is the first line, whatever the command does before it is told", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "cft-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "events");
  const events = makeEvents(openRuntime({ root: dir }), path);
  const started = events.begin();
  events.many("denied", { target: "a.org:443" });
  started({ id: "one" });
  events.write("end", { status: 0 });
  events.close();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const said = lines.map((line): { readonly event: string; readonly time: string } => JSON.parse(line));
  t.deepEqual(
    said.map(({ event }) => event),
    ["start", "denied", "end"],
  );
  const times = said.map(({ time }) => time);
  t.deepEqual(times, times.toSorted(), "and no time is before the one above it");
});
