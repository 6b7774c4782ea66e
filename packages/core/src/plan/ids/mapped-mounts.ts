// Mounts of the host whose ids are mapped: by the launcher, as nobody else has the right.
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";
import type { MountEntry } from "../tree/mount-list.ts";
import { attr } from "../tree/mount-words.ts";
import { setMount } from "../tree/set-mount.ts";
import { mapText } from "./ids.ts";

interface Maps {
  readonly uids: string;
  readonly gids: string;
}

type Entry = Pick<MountEntry, "slot" | "pointer" | "uids" | "gids" | "joinsIds" | "options">;

/** What tells whose user namespace carries the maps. */
type Owner = Pick<CreateContext, "config" | "namespaces" | "forks">;

/** What `openNamespaces` calls it. */
const joinedUserns: SlotName = "ns-user";

const textsOf = ({ uids, gids }: Pick<MountEntry, "uids" | "gids">): Maps => ({
  uids: mapText(uids),
  gids: mapText(gids),
});

/** Whether the maps are those of the user namespace that `clone` makes: no other has to be made for them. */
function areInits({ config, namespaces, forks }: Owner, entry: Entry): boolean {
  if (entry.uids.length === 0 || forks === "first" || !namespaces.made.has("user")) return false;
  const { uidMappings: uids = [], gidMappings: gids = [] } = config.linux ?? {};
  const [wanted, own] = [textsOf(entry), textsOf({ uids, gids })];
  return wanted.uids === own.uids && wanted.gids === own.gids;
}

function fieldOf({ pointer, uids, options }: Entry): string {
  return uids.length > 0 && options.idmap === "none" ? `${pointer}/uidMappings` : `${pointer}/options`;
}

function planMap({ draft }: Context, phase: "host" | "parent", entry: Entry, userns: SlotName): void {
  setMount(draft, {
    phase,
    tree: entry.slot,
    userns,
    set: attr.idmap,
    recursive: entry.options.idmap === "ridmap" ? 1 : 0,
    from: fieldOf(entry),
    why: "maps the ids of the files that are bound",
  });
}

/** Maps the ids of a bind, unless `planInitsIds` does. `idmaps`: the user namespaces that were made for other binds. */
export function planMountIds(
  context: Context & Owner & { readonly idmaps: Map<string, SlotName> },
  entry: Entry,
): void {
  const { facts, issues } = context;
  if (!facts.privileged || !facts.initialUserns)
    issues.unsupported(
      fieldOf(entry),
      "only a privileged caller in the first user namespace may map the ids of a host mount",
    );
  if (areInits(context, entry)) return;
  planMap(context, "host", entry, entry.joinsIds ? joinedUserns : makeUserns(context, entry));
}

/** A user namespace that carries the maps of a mount: one for all mounts with the same. */
function makeUserns({ draft, idmaps }: Context & { readonly idmaps: Map<string, SlotName> }, entry: Entry): SlotName {
  const texts = textsOf(entry);
  const key = `${texts.uids}:${texts.gids}`;
  const known = idmaps.get(key);
  if (known !== undefined) return known;
  const out: SlotName = `${entry.slot}-ids`;
  idmaps.set(key, out);
  draft.add({ op: "make-userns", phase: "host", proc: "proc", ...texts, out, from: fieldOf(entry) });
  return out;
}

/** Maps the ids of mounts as those of init, before init goes on: what is attached cannot be mapped any more. */
export function planInitsIds(context: CreateContext, process: SlotName): void {
  const { draft } = context;
  const entries = context.mounts.filter((mount) => areInits(context, mount));
  if (entries.length === 0) return;
  const slot: SlotName = "init-ids";
  const why = "it carries the id maps of mounts too";
  draft.add({ op: "open-userns", phase: "parent", proc: "proc", process, out: slot, why });
  for (const entry of entries) planMap(context, "parent", entry, slot);
  draft.add({ op: "close", phase: "parent", slot });
}
