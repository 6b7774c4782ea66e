// Annotations of runc and crun: those that podman sends, each for a flag of its user, and that for CRIU.
import type { Config } from "@coffer/spec";
import { pointerTo } from "../../paths.ts";

type Annotated = Pick<Config, "annotations">;

const keptGroups = "run.oci.keep_original_groups";
const criuConfig = "org.criu.config";
const contextType = "run.oci.mount_context_type";

/** Where a config asks for the caller's groups. */
export const keptGroupsPointer = pointerTo("/annotations", keptGroups);

/** Where a config says how mounts are labelled. */
export const contextTypePointer = pointerTo("/annotations", contextType);

/** Where a config names a configuration of CRIU. */
export const criuConfigPointer = pointerTo("/annotations", criuConfig);

/** The file of the host that CRIU reads as its configuration when the container is saved or restored; undefined if none. */
export function criuConfigOf({ annotations = {} }: Annotated): string | undefined {
  return annotations[criuConfig] || undefined;
}

/** `podman --group-add keep-groups`: the process keeps the caller's supplementary groups. As in crun, anything but "0" asks. */
export function keepsGroups({ annotations = {} }: Annotated): boolean {
  const { [keptGroups]: value = "0" } = annotations;
  return value !== "0";
}

/** Options of mount(8) for a label of SELinux. */
export const contextTypes: readonly string[] = ["context", "fscontext", "defcontext", "rootcontext"];

/** The option that labels a new file system: `context`, unless the config names another. */
export function labelWord({ annotations = {} }: Annotated): string {
  const { [contextType]: word = "context" } = annotations;
  return word;
}
