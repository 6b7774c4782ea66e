// The annotations of crun that podman sends, each for a flag of podman's user.
import type { Config } from "@coffer/spec";
import { pointerTo } from "./paths.ts";

type Annotated = Pick<Config, "annotations">;

const keptGroups = "run.oci.keep_original_groups";
const contextType = "run.oci.mount_context_type";

/** Where a config asks for the caller's groups. */
export const keptGroupsPointer = pointerTo("/annotations", keptGroups);

/** Where a config says how mounts are labelled. */
export const contextTypePointer = pointerTo("/annotations", contextType);

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
