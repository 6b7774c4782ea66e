// The verbs that plan from a config, or tell what a config may have.
import type { Runtime } from "@coffer/core";
import * as verbs from "@coffer/core/verbs";
import { UsageError } from "../parse/flags.ts";
import { weakeningNames } from "../table/groups.ts";
import type { Call } from "./call.ts";
import { done, onRuntime, print } from "./call.ts";
import { onGuarded } from "./guarded.ts";
import type { Tracing } from "./running.ts";
import { finish, openTrace } from "./running.ts";
import { describe } from "./sandbox/denials.ts";
import { readSize } from "./sandbox/sandbox-options.ts";

function processOptions({ id, values }: Call) {
  return {
    id,
    // Empty is absent, as with runc: scripts pass a variable that may be empty.
    consoleSocket: values.text("console-socket") || undefined,
    pidFile: values.text("pid-file") || undefined,
    pidfdSocket: values.text("pidfd-socket"),
    preserveFds: values.number("preserve-fds"),
  };
}

function bundleOptions(call: Call) {
  const { globals, values } = call;
  return {
    ...processOptions(call),
    bundle: values.text("bundle") ?? ".",
    configFile: values.text("config"),
    noNewKeyring: values.boolean("no-new-keyring"),
    noPivot: values.boolean("no-pivot"),
    cgroupManager: globals.cgroupManager,
  };
}

/** How much of the output is kept. */
function keptOutput({ values }: Call): number | undefined {
  const word = values.text("keep-output");
  if (word === undefined) return undefined;
  const size = word === "" ? verbs.usualLog : readSize("keep-output", word);
  if (size >= verbs.leastLog && size <= verbs.mostLog) return size;
  throw new UsageError("--keep-output: give 64k to 1g");
}

function newOptions(call: Call) {
  const { values } = call;
  return { ...bundleOptions(call), lockMounts: values.boolean("lock-mounts"), init: values.boolean("init") };
}

export const create = onGuarded((runtime, call) =>
  done(verbs.create(runtime, { ...newOptions(call), logBytes: keptOutput(call) })),
);

/** A plan that was stored before: no config is read. */
function runStored(runtime: Runtime, call: Call, { options }: Tracing, file: string) {
  const { values } = call;
  for (const name of ["lock-mounts", "init"])
    if (values.boolean(name)) throw new UsageError(`--${name}: a stored plan has it or not`);
  if (values.text("config") !== undefined) throw new UsageError("--config: no config is read with --plan");
  if (values.text("keep-output") !== undefined)
    throw new UsageError("--keep-output: a stored plan has no state to keep it in");
  const detach = values.boolean("detach");
  const inputs = values.texts("input") ?? [];
  return verbs.runPlanFile(runtime, { ...options, detach, forwardSignals: true, file, inputs });
}

function runBundle(runtime: Runtime, call: Call, { options }: Tracing) {
  const { id, values } = call;
  if (id === "") throw new UsageError("give the container's id");
  if (values.texts("input") !== undefined) throw new UsageError("--input: only with --plan");
  const detach = values.boolean("detach");
  const keep = values.boolean("keep");
  const logBytes = keptOutput(call);
  if (logBytes !== undefined && !detach)
    throw new UsageError("--keep-output: only with --detach; otherwise the output is yours");
  const how = { ...options, detach, keep, logBytes, forwardSignals: true };
  return verbs.run(runtime, { ...newOptions(call), ...how });
}

export const run = onGuarded(async (runtime, call) => {
  const file = call.values.text("plan");
  const tracing = openTrace(runtime, call.values);
  const running = await (file === undefined
    ? runBundle(runtime, call, tracing)
    : runStored(runtime, call, tracing, file));
  return finish(runtime, running, tracing, "all");
});

function criuOptions({ values }: Call) {
  return {
    imagePath: values.text("image-path"),
    workPath: values.text("work-path"),
    tcpEstablished: values.boolean("tcp-established"),
    extUnixSk: values.boolean("ext-unix-sk"),
    shellJob: values.boolean("shell-job"),
    fileLocks: values.boolean("file-locks"),
    autoDedup: values.boolean("auto-dedup"),
    linkRemap: values.boolean("link-remap"),
    manageCgroupsMode: values.text("manage-cgroups-mode"),
    emptyNamespaces: values.texts("empty-ns"),
    lazyPages: values.boolean("lazy-pages"),
    statusFd: values.text("status-fd"),
    pageServer: values.text("page-server"),
  };
}

export const checkpoint = onRuntime((runtime, call) => {
  const { id, values } = call;
  return done(
    verbs.checkpoint(runtime, id, {
      ...criuOptions(call),
      parentPath: values.text("parent-path"),
      leaveRunning: values.boolean("leave-running"),
      skipInFlight: values.boolean("tcp-skip-in-flight"),
      preDump: values.boolean("pre-dump"),
    }),
  );
});

export const restore = onGuarded(async (runtime, call) => {
  const { values } = call;
  const running = await verbs.restore(runtime, {
    ...bundleOptions(call),
    ...criuOptions(call),
    detach: values.boolean("detach"),
    keep: values.boolean("keep"),
    lsmProfile: values.text("lsm-profile"),
    lsmMountContext: values.text("lsm-mount-context"),
    forwardSignals: true,
  });
  return (await running.wait()).status;
});

export const exec = onGuarded(async (runtime, call) => {
  const { rest, values } = call;
  const running = await verbs.exec(runtime, {
    ...processOptions(call),
    args: rest,
    processFile: values.text("process"),
    cwd: values.text("cwd"),
    env: values.texts("env"),
    terminal: values.boolean("tty"),
    user: values.text("user"),
    additionalGids: values.texts("additional-gids"),
    processLabel: values.text("process-label"),
    apparmor: values.text("apparmor"),
    noNewPrivileges: values.boolean("no-new-privs"),
    capabilities: values.texts("cap"),
    cgroup: values.text("cgroup"),
    ignorePaused: values.boolean("ignore-paused"),
    detach: values.boolean("detach"),
    forwardSignals: true,
  });
  const { status, denied = [] } = await running.wait();
  for (const answer of denied) process.stderr.write(`coffer: ${describe(answer, "denied")}\n`);
  return status;
});

export const update = onRuntime((runtime, { id, values }) => {
  const flags = Object.fromEntries(values.names().map((name) => [name, values.text(name)]));
  return done(verbs.update(runtime, id, { resources: values.text("resources"), flags }));
});

export const spec = onRuntime(async (runtime, { face, values }) => {
  verbs.spec(runtime, {
    bundle: values.text("bundle") ?? ".",
    rootless: values.boolean("rootless"),
    pidOnlyProc: values.boolean("pid-only-proc"),
    unsafe: weakeningNames.filter((name) => values.boolean(`unsafe-${name}`)),
    likeRunc: face === "coffer-oci",
  });
  return 0;
});

export const features = onRuntime(async (runtime) => print(verbs.printFeatures(runtime)));
