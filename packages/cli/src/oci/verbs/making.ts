// The verbs that plan from a config, or tell what a config may have.
import * as verbs from "@coffer/core/verbs";
import type { Call, Run } from "./call.ts";
import { done, onRuntime, print } from "./call.ts";

/** A verb that makes a process: under the policy, if one is given. */
function onGuarded(action: Parameters<typeof onRuntime>[0]): Run {
  return onRuntime(async (runtime, call) => action(await verbs.underPolicy(runtime, call.globals.policy), call));
}

function processOptions({ id, values }: Call) {
  return {
    id,
    consoleSocket: values.text("console-socket"),
    pidFile: values.text("pid-file"),
    pidfdSocket: values.text("pidfd-socket"),
    preserveFds: values.number("preserve-fds"),
  };
}

function bundleOptions(call: Call) {
  const { globals, values } = call;
  return {
    ...processOptions(call),
    bundle: values.text("bundle") ?? ".",
    noNewKeyring: values.boolean("no-new-keyring"),
    noPivot: values.boolean("no-pivot"),
    cgroupManager: globals.cgroupManager,
  };
}

function newOptions(call: Call) {
  return { ...bundleOptions(call), lockMounts: call.values.boolean("lock-mounts") };
}

export const create = onGuarded((runtime, call) => done(verbs.create(runtime, newOptions(call))));

export const run = onGuarded(async (runtime, call) => {
  const { values } = call;
  const detach = values.boolean("detach");
  const options = { ...newOptions(call), detach, keep: values.boolean("keep"), forwardSignals: true };
  const running = await verbs.run(runtime, options);
  return (await running.wait()).status;
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
  return (await running.wait()).status;
});

export const update = onRuntime((runtime, { id, values }) => {
  const flags = Object.fromEntries(values.names().map((name) => [name, values.text(name)]));
  return done(verbs.update(runtime, id, { resources: values.text("resources"), flags }));
});

export const spec = onRuntime(async (runtime, { values }) => {
  verbs.spec(runtime, {
    bundle: values.text("bundle") ?? ".",
    rootless: values.boolean("rootless"),
    likeRunc: true,
  });
  return 0;
});

export const features = onRuntime(async (runtime) => print(verbs.printFeatures(runtime)));
