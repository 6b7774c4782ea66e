// Locked mounts: a choice of the caller's, which only narrows what a container may do (docs/decisions/0016-locked-mounts.md).
import type { Config, Process } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";
import { propagation } from "./mount-words.ts";

const prefix = "coffer.";
/** The one word for it: flags and options write it into the config, and engines do. */
const annotation = `${prefix}lock-mounts`;

/** The annotation as errors name it. */
export const lockPointer = pointerTo("/annotations", annotation);

type Annotated = Pick<Config, "annotations">;

/** The config with locked mounts asked for. */
export function withLockedMounts<T extends Annotated>(config: T): T {
  return { ...config, annotations: { ...config.annotations, [annotation]: "true" } };
}

/** Whether a config asks for locked mounts. */
function asksLock({ annotations }: Annotated): boolean {
  return annotations?.[annotation] === "true";
}

type MountRights = Pick<Process, "capabilities" | "noNewPrivileges">;

/** Whether a process has CAP_SYS_ADMIN, or can get it by executing a program. */
function mayMount({ capabilities, noNewPrivileges }: MountRights): boolean {
  const names = noNewPrivileges === true ? capabilities?.permitted : capabilities?.bounding;
  return names?.includes("CAP_SYS_ADMIN") === true;
}

/** Whether a container's mounts are locked: one that could not change them has no need of it. */
export function isLocked(config: Annotated & Pick<Config, "process">): boolean {
  return asksLock(config) && mayMount(config.process ?? {});
}

/**
 * Locks the mounts, where that is asked for and the container could change them. What init has open of them is let go of,
 * as it is not locked. Returns the slot of the container's root.
 */
export function planLock(context: CreateContext, root: SlotName): SlotName {
  const { config, draft, namespaces, process } = context;
  checkAnnotation(context);
  if (!asksLock(config)) return root;
  checkNamespaces(context);
  if (!mayMount(process)) return root;
  checkShared(context);
  const from = lockPointer;
  // Init's memory may belong to a user namespace outside of the new one: setns(2) then asks for one that can be looked into.
  const seen = namespaces.made.has("user") ? 1 : 0;
  draft.add({ op: "close", phase: "rooted", slot: root, from });
  draft.add({ op: "lock-mounts", phase: "rooted", seen, from });
  draft.add({ op: "open-root", phase: "rooted", out: "locked-root", from, why: "the root as the locked copy has it" });
  return "locked-root";
}

/** A word that is misspelled would leave the mounts as they are. */
function checkAnnotation({ config: { annotations = {} }, issues }: CreateContext): void {
  for (const name of Object.keys(annotations))
    if (name.startsWith(prefix) && name !== annotation)
      issues.unsupported(pointerTo("/annotations", name), `this runtime knows no annotation but ${annotation}`);
  const value = annotations[annotation];
  if (value !== undefined && value !== "true" && value !== "false")
    issues.invalid(lockPointer, `${quote(value)} is neither "true" nor "false"`);
}

function checkNamespaces({ facts, issues, namespaces, process }: CreateContext): void {
  if (!namespaces.made.has("mount"))
    issues.invalid(
      lockPointer,
      "needs a new mount namespace in /linux/namespaces: others are not this container's to lock",
    );
  else if (!mayMount(process)) return;
  else if (!namespaces.has("user") && facts.initialUserns)
    issues.invalid(
      lockPointer,
      "needs a user namespace in /linux/namespaces: root of the host can mount all of it anew",
    );
  else if (namespaces.has("user") && !namespaces.made.has("user"))
    issues.unsupported(lockPointer, "needs a new user namespace: in one that is joined others could meddle with init");
}

/** The kernel makes a slave of each shared mount in a copy for another user namespace. */
function checkShared({ config, issues, mounts }: CreateContext): void {
  const why = "does not go with locked mounts: the kernel makes a slave of what is shared";
  if (config.linux?.rootfsPropagation?.endsWith("shared") === true)
    issues.unsupported("/linux/rootfsPropagation", `"shared" ${why}`);
  for (const { options, pointer } of mounts)
    if (options.propagation?.value === propagation.shared) issues.unsupported(pointer, `a shared mount ${why}`);
}

/** A process that joins may not change what the first one could not, and which therefore was not locked. */
export function checkJoinLock({ config, issues, process, processPointer }: Context): void {
  if (asksLock(config) && mayMount(process) && !mayMount(config.process ?? {}))
    issues.invalid(
      `${processPointer}/capabilities`,
      "CAP_SYS_ADMIN could change the container's mounts, which are not locked: its first process cannot have it",
    );
}
