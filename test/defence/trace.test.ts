// A traced run: which calls are made, and on which paths (R1, R3, R4).
import type { ExecutionContext } from "ava";
import test from "ava";
import { ownIds } from "../helpers/config.ts";
import { makeBox, ok, runDetached } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { needs } from "../helpers/needs.ts";
import type { Trace } from "../helpers/trace/trace.ts";
import { traceVerb } from "../helpers/trace/trace.ts";
import { violations } from "./trace-rules.ts";

const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": ownIds(1000),
  "/linux/gidMappings": ownIds(1000),
};

const everything: Patch = {
  "/linux/sysctl": { "net.ipv4.ip_forward": "1" },
  "/linux/devices": [{ path: "/dev/x", type: "c", major: 1, minor: 5 }],
  "/process/oomScoreAdj": 100,
  "/mounts/6": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", "rro"] },
};

function assertTrace(t: ExecutionContext, trace: Trace): void {
  t.is(trace.outcome.exitCode, 0, trace.outcome.stderr);
  t.deepEqual(violations(trace), []);
  const proc = trace.init.filter(
    (call) => /"\/proc/.test(call.line) && /^(open|newfstat|readlink|statx)/.test(call.name),
  );
  t.deepEqual(
    proc.map((call) => call.line).filter((line) => line.includes("AT_FDCWD")),
    [],
    "init and the ambient /proc",
  );
}

const isClean = test.macro({
  exec: async (t, patch: Patch) => {
    if (!(await needs(t, "root", "strace", "userns"))) return;
    const box = makeBox(t, patch);
    assertTrace(t, await traceVerb(box, "run", ["--bundle", box.path, box.tag]));
  },
  title: (provided) => `run: ${provided}`,
});

test.serial("the default config", isClean, {});
test.serial("a user namespace", isClean, userns);
test.serial("many fields", isClean, everything);

test.serial("exec", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  await runDetached(t, box);
  assertTrace(t, await traceVerb(box, "exec", [box.tag, "/probe", "facts"]));
  await ok(t, box, "delete", ["--force", box.tag]);
});
