// `checkpoint`: CRIU writes a container's processes into a directory. What fails leaves the container as it was.
import { directoryOf, freezerPlace } from "../../cgroup/files.ts";
import { criuConfig } from "../../criu/config-file.ts";
import type { CriuDirs } from "../../criu/dirs.ts";
import { openDirs } from "../../criu/dirs.ts";
import type { CriuVerbOptions } from "../../criu/flags.ts";
import { checkDumpFlags, checkParent, readCgroupMode, readParent } from "../../criu/flags.ts";
import { boundPoints } from "../../criu/mountinfo.ts";
import { findCriu, toCriuError } from "../../criu/program.ts";
import { externalFiles, nameStreams, writeStreams } from "../../criu/streams.ts";
import { CofferError } from "../../errors.ts";
import { readMountinfo } from "../../host/mountinfo.ts";
import { externalNamespaces, isLocked, lockPointer, planCheckpoint, planFreeze } from "../../plan/index.ts";
import type { LaunchInput } from "../../system/port.ts";
import { runHostPlan } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";
import type { Identity } from "../store/identity.ts";
import { withLock } from "../store/lock.ts";
import type { ContainerRecord } from "../store/record.ts";
import { configOf } from "../store/record-config.ts";
import type { ContainerStatus } from "../store/status.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";
import { removeLocked } from "./delete.ts";

/** Options of `checkpoint`: runc's flags. */
export interface CheckpointVerbOptions extends CriuVerbOptions {
  /** The images of an earlier pre-dump, relative to the images. */
  readonly parentPath?: string | undefined;
  readonly leaveRunning?: boolean | undefined;
  /** Writes only the memory, and leaves the container running. */
  readonly preDump?: boolean | undefined;
  readonly skipInFlight?: boolean | undefined;
}

/** CRIU takes the place of what only root may do for a process of any user. */
export function requireRoot({ system }: Runtime, verb: string): void {
  if (system.caller.uid === 0) return;
  const hint = "call it as root: CRIU dumps and restores nothing for ordinary users that a container could be made of";
  const message = `cannot ${verb} as an ordinary user`;
  throw new CofferError("E_HOST_UNSUPPORTED", message, { needs: "root", found: `uid ${system.caller.uid}` }, { hint });
}

/** What CRIU makes of a checkpoint would have its mounts unlocked. */
function requireUnlocked(record: ContainerRecord): void {
  if (!isLocked(configOf(record))) return;
  const reason = "CRIU would make the mounts anew, and not lock them";
  const detail = { pointer: lockPointer, reason };
  throw new CofferError("E_UNSUPPORTED", `cannot checkpoint a container with locked mounts: ${reason}`, {
    ...detail,
    fields: [detail],
  });
}

/** What of the container is the host's, and is named in the images instead of written into them. */
function findExternal(runtime: Runtime, record: ContainerRecord, pid: number, dirs: CriuDirs): readonly string[] {
  const config = configOf(record);
  const { system } = runtime;
  const mounts = readMountinfo(system, pid, (mount) => mount);
  const streams = nameStreams(system, pid, mounts);
  writeStreams(dirs.images, streams);
  const namespaces = (config.linux?.namespaces ?? []).flatMap(({ type, path }) => {
    if (path === undefined || (type !== "network" && type !== "pid")) return [];
    const { criu, key } = externalNamespaces[type];
    const inode = /\[(\d+)\]/.exec(system.readLink(`/proc/${pid}/ns/${criu}`))?.[1] ?? "0";
    return [`${criu}[${inode}]:${key}`];
  });
  const hasCgroups = (config.linux?.namespaces ?? []).some(({ type }) => type === "cgroup");
  const devices = new Set(readMountinfo(system, "self", ({ device }) => device));
  const bound = boundPoints(mounts, devices, hasCgroups).map((point) => `mnt[${point}]:${point}`);
  return [...namespaces, ...bound, ...externalFiles(streams)];
}

function inputsOf({ images, work }: CriuDirs, log: number): readonly LaunchInput[] {
  return [
    { name: "images", fd: images.fd },
    { name: "log", fd: log },
    ...(work === undefined ? [] : [{ name: "work", fd: work.fd }]),
  ];
}

/** The inputs that CRIU is given; the log is a new file. */
export async function withLog<T>(
  { system }: Runtime,
  dirs: CriuDirs,
  verb: "dump" | "restore",
  action: (inputs: readonly LaunchInput[]) => Promise<T>,
): Promise<T> {
  const log = (dirs.work ?? dirs.images).createFile(`${verb}.log`);
  try {
    return await action(inputsOf(dirs, log));
  } catch (error) {
    throw toCriuError(error, verb, dirs.work ?? dirs.images);
  } finally {
    system.closeFd(log);
  }
}

async function dump(
  runtime: Runtime,
  record: ContainerRecord,
  target: Identity,
  dirs: CriuDirs,
  options: CheckpointVerbOptions,
): Promise<void> {
  const { leaveRunning = false, preDump = false } = options;
  const place = freezerPlace(record.cgroups);
  const plan = planCheckpoint({
    ...options,
    target,
    criu: findCriu(runtime.system),
    leaveRunning,
    preDump,
    hasWork: dirs.work !== undefined,
    parent: readParent(options.parentPath),
    cgroupMode: readCgroupMode(options.manageCgroupsMode),
    freezer: place === undefined ? undefined : directoryOf(place),
    external: findExternal(runtime, record, target.pid, dirs),
    configFile: criuConfig(runtime, record.config),
  });
  await withLog(runtime, dirs, "dump", (inputs) => runHostPlan(runtime, plan, inputs));
}

/** A CRIU that was ended in its work cannot let go on what it has stopped. */
async function thaw(runtime: Runtime, { cgroups }: ContainerRecord, status: ContainerStatus): Promise<void> {
  const place = freezerPlace(cgroups);
  if (place === undefined || status === "paused") return;
  await runHostPlan(runtime, planFreeze({ place, frozen: false, absentOk: true }));
}

/** Writes a container into a directory. It ends with that, unless it is left running. */
export async function checkpoint(runtime: Runtime, id: string, options: CheckpointVerbOptions = {}): Promise<void> {
  const record = readRecord(runtime, id);
  requireRoot(runtime, "checkpoint");
  requireUnlocked(record);
  checkDumpFlags(options);
  readParent(options.parentPath);
  await withLock(runtime, id, async () => {
    const { status, identity } = await findStatus(runtime, id, { holdsLock: true, record });
    if (identity === undefined || (status !== "running" && status !== "paused")) {
      const message = `Container cannot be checkpointed in ${status} state`;
      throw wrongStatus(id, status, ["running", "paused"], message);
    }
    findCriu(runtime.system);
    const dirs = openDirs(runtime, options, true);
    try {
      checkParent(runtime.system, options.parentPath, dirs.images);
      await dump(runtime, record, identity, dirs, options);
    } catch (error) {
      await thaw(runtime, record, status);
      throw error;
    } finally {
      dirs.close();
    }
    if (!options.leaveRunning && !options.preDump) await removeLocked(runtime, id, { force: true });
  });
}
