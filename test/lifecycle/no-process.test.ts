// A config without `process`: it can be created, and not be started (runtime.md, Start).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { create, fails, makeBox, ok, stateOf, stopped } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const noting = (point: string): readonly Json[] => [
  { path: "/bin/sh", args: ["sh", "-c", "echo $0 >> $BASE/log", point] },
];
const points = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];
const noProcess: Patch = {
  "/process": undefined,
  "/hooks": Object.fromEntries(points.map((point) => [point, noting(point)])),
};

test.serial("create works, start is an error that changes nothing, kill and delete work", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, noProcess);
  const log = () => readFileSync(join(box.base, "log"), "utf8").trim().split("\n");
  await create(t, box);
  for (const _ of [1, 2]) await fails(t, box, "start", [box.tag], /\/process: is required to start a container$/m);
  t.is((await stateOf(t, box)).status, "created");
  await ok(t, box, "pause", [box.tag]);
  await ok(t, box, "resume", [box.tag]);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  t.deepEqual(log(), ["prestart", "createRuntime", "createContainer", "poststop"]);
  await nothingLeft(t, box, box.before);
});

test.serial("another process can be executed in it, by its own config", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process": undefined });
  await create(t, box);
  const { exitCode } = await coffer(box, "exec", [box.tag, "/probe", "exit", "7"]);
  t.is(exitCode, 7);
  const file = join(box.base, "process.json");
  writeFileSync(file, JSON.stringify({ cwd: "/" }));
  await fails(t, box, "exec", ["--process", file, box.tag], /\/args: must name a program/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("run is an error, and has no effect", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, noProcess);
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /\/process: is required to start a container/);
  t.false(existsSync(join(box.base, "log")));
  await nothingLeft(t, box, box.before);
});

test.serial("whoever lets it go on all the same ends it", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process": undefined });
  await create(t, box);
  const file = join(box.state, box.tag, "state.json");
  const record = JSON.parse(readFileSync(file, "utf8"));
  record.config.process = { cwd: "/", args: ["/probe"] };
  writeFileSync(file, JSON.stringify(record));
  await fails(t, box, "start", [box.tag], /exec: "\/probe": bad address/);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});
