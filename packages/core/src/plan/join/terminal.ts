import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { JoinOptions, TerminalMode } from "../draft/options.ts";
import { setupId } from "../ids/ids.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import type { ProcessEntry } from "../process/process.ts";
import { planTerminal } from "../process/terminal.ts";

/**
 * The terminal is one of the container's own devpts, which the helper checks to be one. It is opened on the container's own
 * mount, so that the process finds it by the name /dev/pts/N.
 */
export function planJoinedTerminal(
  context: Context,
  namespaces: Namespaces,
  options: JoinOptions,
  mode: Exclude<TerminalMode, "none">,
  entry: ProcessEntry,
  later: boolean,
): SlotName {
  const { config, draft } = context;
  const from = "/terminal";
  draft.add({ op: "open-root", phase: "inside", out: "container-root", from });
  draft.add({
    op: "open-dir",
    phase: "inside",
    at: "container-root",
    path: "dev/pts",
    resolve: 2,
    out: "devpts",
    from,
  });
  const user = namespaces.has("user");
  const self = {
    uid: user ? setupId(config.linux?.uidMappings ?? []) : 0,
    gid: user ? setupId(config.linux?.gidMappings ?? []) : 0,
  };
  const other = entry.uid !== self.uid || entry.gid !== self.gid;
  const owner = other ? { owner: { uid: entry.uid, gid: entry.gid } } : {};
  const console = planTerminal(context, options, mode, { devpts: "devpts", self, later, ...owner });
  draft.add({ op: "close", phase: "inside", slot: "devpts", from });
  draft.add({ op: "close", phase: "inside", slot: "container-root", from });
  return console;
}
