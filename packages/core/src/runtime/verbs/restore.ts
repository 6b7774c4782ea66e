// `restore`: CRIU makes a container's processes from a checkpoint. What the container is comes from the bundle alone.

import { criuConfig } from "../../criu/config-file.ts";
import type { CriuDirs } from "../../criu/dirs.ts";
import { checkReach, openDirs } from "../../criu/dirs.ts";
import type { CriuVerbOptions } from "../../criu/flags.ts";
import { checkFlags, readCgroupMode } from "../../criu/flags.ts";
import { checkDirectory, expectedOf, judge, mapExternal, refuseFound, throughLinks } from "../../criu/judge/index.ts";
import { findCriu } from "../../criu/program.ts";
import { readCheckpoint } from "../../criu/read/index.ts";
import { readStreams } from "../../criu/streams.ts";
import { CofferError } from "../../errors.ts";
import type { CriuFlags, PlanCreateOptions } from "../../plan/index.ts";
import { cgroupPlaces, planRestore } from "../../plan/index.ts";
import type { LaunchInput } from "../../system/port.ts";
import type { Bundle } from "../launch/bundle.ts";
import { closeBundle } from "../launch/bundle.ts";
import type { Running } from "../launch/container.ts";
import { makeImage } from "../launch/image.ts";
import { readAdapted } from "../launch/module-bundle.ts";
import { bundleAs, factsFor, laterOf, planBundleAs, planOptions } from "../launch/plan-bundle.ts";
import type { Prepared } from "../launch/prepare.ts";
import { recordOf, rootInput } from "../launch/prepare.ts";
import { processOptions } from "../launch/process-options.ts";
import type { ContainerOptions } from "../options.ts";
import { placesOf, requireAllowed } from "../policy/guard.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { checkContainerId } from "../store/container-id.ts";
import { requireRoot, withLog } from "./checkpoint.ts";
import { runPrepared } from "./run.ts";

/** Options of `restore`: runc's flags. */
export interface RestoreVerbOptions extends ContainerOptions, CriuVerbOptions {
  readonly bundle: string;
  /** Keeps the container's state when it has ended. */
  readonly keep?: boolean | undefined;
  /** `apparmor:NAME` or `selinux:LABEL`. */
  readonly lsmProfile?: string | undefined;
  readonly lsmMountContext?: string | undefined;
}

/** The cgroups and limits are the config's. */
function checkMode(word: string | undefined): void {
  const mode = readCgroupMode(word);
  if (mode === "ignore" || mode === "soft") return;
  const message = `--manage-cgroups-mode ${mode} is refused: the cgroups and limits are the config's, not the checkpoint's`;
  throw new CofferError("E_USAGE", message, { argument: "manage-cgroups-mode" });
}

/** What a restored process has is what the checkpoint says of it: nothing is passed to it. */
function checkProcessFlags({ preserveFds = 0, pidfdSocket }: RestoreVerbOptions): void {
  const found = preserveFds > 0 ? "preserve-fds" : pidfdSocket === undefined ? undefined : "pidfd-socket";
  if (found === undefined) return;
  const message = `--${found} is refused: a restored process has the descriptors of the checkpoint`;
  throw new CofferError("E_USAGE", message, { argument: found });
}

/** The flags that CRIU gets. */
function flagsOf(options: RestoreVerbOptions): CriuFlags & Pick<RestoreVerbOptions, "lsmProfile" | "lsmMountContext"> {
  const { tcpEstablished, extUnixSk, shellJob, fileLocks, autoDedup, linkRemap } = options;
  const { lazyPages, lsmProfile, lsmMountContext } = options;
  return {
    tcpEstablished,
    extUnixSk,
    shellJob,
    fileLocks,
    autoDedup,
    linkRemap,
    lazyPages,
    lsmProfile,
    lsmMountContext,
  };
}

/** Plans the restore of a checkpoint, having checked that it is no more than what the config gives. */
function prepareRestore(
  runtime: Runtime,
  bundle: Bundle,
  dirs: CriuDirs,
  logged: readonly LaunchInput[],
  options: RestoreVerbOptions,
): Prepared {
  const { system } = runtime;
  const { id, detach = false, cgroupManager } = options;
  const facts = factsFor(runtime, bundle.config, bundle.path, cgroupManager);
  const base: PlanCreateOptions = {
    ...planOptions(runtime, bundle, options),
    ...processOptions(runtime, bundle.config.process, options),
    detach,
    keepCgroups: options.keep ?? false,
    state: true,
  };
  const inputs: readonly LaunchInput[] = [rootInput(bundle), ...logged];
  const created = planBundleAs(runtime, bundle, facts, options, base);
  requireAllowed(runtime, { plan: created, made: true, ...laterOf(bundle, id, false), ...placesOf(inputs) });
  const expected = throughLinks(system, bundle.held.root.at, expectedOf(created));
  refuseFound(dirs.images.path, checkDirectory(system, dirs.images));
  const checkpoint = readCheckpoint(system, dirs.images);
  refuseFound(dirs.images.path, judge(system, checkpoint, bundle, expected, options.lsmProfile));
  const plan = planRestore(bundle.config, facts, {
    ...base,
    ...flagsOf(options),
    configFile: criuConfig(runtime, bundle.config),
    criu: findCriu(system),
    root: bundle.rootfs,
    hasWork: dirs.work !== undefined,
    external: mapExternal(bundle.config, bundle.path, expected, checkpoint.mounts),
    streams: base.terminal === "none" ? readStreams(dirs.images) : [undefined, undefined, undefined],
  });
  tellWarnings(runtime, created, "config");
  const needed = new Set(plan.inputs.map(({ name }) => name));
  return {
    image: makeImage(plan),
    record: recordOf(runtime, bundle, facts, id, cgroupPlaces(bundle.config, facts, id, cgroupManager)),
    inputs: inputs.filter(({ name }) => needed.has(name)),
    existing: [],
  };
}

/** Makes a container of a bundle and a checkpoint. */
export async function restore(runtime: Runtime, options: RestoreVerbOptions): Promise<Running> {
  checkContainerId(options.id);
  requireRoot(runtime, "restore");
  checkFlags(options);
  checkMode(options.manageCgroupsMode);
  checkProcessFlags(options);
  const bundle = bundleAs(await readAdapted(runtime, { bundle: options.bundle }), options);
  try {
    return await restoreBundle(runtime, bundle, options);
  } finally {
    closeBundle(bundle);
  }
}

async function restoreBundle(runtime: Runtime, bundle: Bundle, options: RestoreVerbOptions): Promise<Running> {
  findCriu(runtime.system);
  const dirs = openDirs(runtime, options, false);
  try {
    checkReach(
      dirs.images,
      (bundle.config.linux?.namespaces ?? []).some(({ type }) => type === "user"),
    );
    return await withLog(runtime, dirs, "restore", (inputs) =>
      runPrepared(runtime, prepareRestore(runtime, bundle, dirs, inputs, options), options),
    );
  } finally {
    dirs.close();
  }
}
