import { stringifyJson } from "@coffer/spec";
import { findUserName } from "../../host/user-name.ts";
import type { System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerRecord } from "../store/record.ts";
import { withRoot } from "../store/state-root.ts";
import type { ContainerStatus } from "../store/status.ts";
import { findStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";

/** The state of a container: what the OCI spec says, and what runc prints besides. */
export interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  /** 0 when it has stopped. */
  readonly pid: number;
  readonly status: ContainerStatus;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: string;
}

/** The name of a user, or `#` and its id. */
export function nameUser(system: System, uid: number): string {
  return findUserName(system, uid) ?? `#${uid}`;
}

/** Finds out the state of a container whose record has been read. */
export async function stateOf(
  runtime: Runtime,
  record: ContainerRecord,
  nameOf: (uid: number) => string = (uid) => nameUser(runtime.system, uid),
): Promise<ContainerState> {
  const { status, identity } = await findStatus(runtime, record.id, { record });
  const { annotations, ociVersion } = record.config;
  return {
    ociVersion,
    id: record.id,
    pid: identity?.pid ?? 0,
    status,
    bundle: record.bundle,
    rootfs: record.rootfs,
    created: record.created,
    ...(annotations === undefined ? {} : { annotations }),
    owner: nameOf(record.uid),
  };
}

/** The state of a container. */
export async function state(caller: Runtime, id: string): Promise<ContainerState> {
  const runtime = withRoot(caller);
  return stateOf(runtime, readRecord(runtime, id));
}

/** The state as `state` prints it. */
export function printState(found: ContainerState): string {
  return stringifyJson(found, 2);
}
