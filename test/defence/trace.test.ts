// A traced run: which calls are made, and on which paths (R1, R3, R4).
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBox, ok, runDetached } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { needs } from "../helpers/needs.ts";
import type { Call, Trace } from "../helpers/trace.ts";
import { traceVerb } from "../helpers/trace.ts";

const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 1000 }],
  "/linux/gidMappings": [{ containerID: 0, hostID: 100000, size: 1000 }],
};

const everything: Patch = {
  "/linux/sysctl": { "net.ipv4.ip_forward": "1" },
  "/linux/devices": [{ path: "/dev/x", type: "c", major: 1, minor: 5 }],
  "/process/oomScoreAdj": 100,
  "/mounts/6": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", "rro"] },
};

const notAllowed = new Set([
  "mount",
  "ptrace",
  "chmod",
  "chown",
  "symlink",
  "link",
  "rename",
  "unlink",
  "mkdir",
  "mknod",
]);

/** The path that a call names, with where it begins. */
const pathOf = (call: Call): RegExpExecArray | null => /^\d+ +\w+\((AT_FDCWD|\d+), "([^"]*)"/.exec(call.line);

function assertCalls(t: ExecutionContext, calls: readonly Call[], who: string, inputs: readonly string[] = []): void {
  t.true(calls.length > 10, `${who} was traced`);
  t.deepEqual(
    calls.filter((call) => notAllowed.has(call.name)).map((call) => call.line),
    [],
    `${who}: calls by path`,
  );
  // Looking for the program, init asks by path: it is the container's root by then, and nothing is opened.
  const opens = who === "init" ? /^(open|openat|openat2|readlinkat)$/ : /^(open|openat2?|newfstatat|readlinkat|statx)$/;
  const absolute = calls.filter((call) => opens.test(call.name));
  const named = absolute.flatMap((call) => {
    const path = pathOf(call);
    return path !== null &&
      path[1] === "AT_FDCWD" &&
      path[2] !== "/" &&
      !inputs.includes(path[2] ?? "") &&
      path[2] !== "." &&
      path[2] !== ""
      ? [call.line]
      : [];
  });
  t.deepEqual(named, [], `${who}: opens by path`);
  const links = calls.filter((call) => call.name === "openat2" && !call.line.includes("RESOLVE_NO_MAGICLINKS"));
  const followed = links.filter((call) => /\d+ +openat2\(/.test(call.line) && !/"[^"]*ns\/\w+"/.test(call.line));
  t.deepEqual(
    followed.map((call) => call.line),
    [],
    `${who}: magic links`,
  );
}

function assertTrace(t: ExecutionContext, trace: Trace): void {
  t.is(trace.outcome.exitCode, 0, trace.outcome.stderr);
  assertCalls(t, trace.launcher, "launcher", trace.inputs);
  assertCalls(t, trace.init, "init");
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
