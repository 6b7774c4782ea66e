import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { Issues } from "../draft/draft.ts";
import { atimeField, attr, findWord } from "./mount-words.ts";

/** A propagation word: `rslave` is slave, recursive. */
export interface Propagation {
  readonly value: number;
  readonly recursive: boolean;
}

/** One `set-mount`: attributes to set and to clear. */
export interface AttrChange {
  readonly set: number;
  readonly clear: number;
}

/** The options of a mount, taken apart. */
export interface MountOptions {
  readonly bind: "none" | "bind" | "rbind";
  /** Of the mount itself. */
  readonly own: AttrChange;
  /** Of the mount and those beneath it. */
  readonly deep: AttrChange;
  readonly propagation: Propagation | undefined;
  readonly idmap: "none" | "idmap" | "ridmap";
  /** The maps in that word. */
  readonly maps?: { readonly text: string; readonly pointer: string };
  /** The file system begins with a copy of what it covers. */
  readonly copyUp: boolean;
  /** For the file system: `key=value` or a bare flag. */
  readonly data: readonly { readonly option: string; readonly pointer: string }[];
}

function change(now: AttrChange, effect: AttrChange & { readonly undo: number }): AttrChange {
  return { set: (now.set & ~effect.undo) | effect.set, clear: (now.clear & ~effect.set) | effect.clear };
}

/** Of two recursive words that contradict each other, the word that sets an attribute counts: mount_setattr(2) clears first. */
function deepChange(now: AttrChange, effect: AttrChange & { readonly undo: number }): AttrChange {
  const { set, clear } = change(now, { ...effect, undo: effect.undo & atimeField });
  return { set, clear: clear & ~(set & ~atimeField) };
}

/** `strictatime` counts more than `noatime`, as in mount(2). */
function withOneTime({ set, clear }: AttrChange): AttrChange {
  return { set: (set & attr.strictatime) === 0 ? set : set & ~attr.noatime, clear };
}

interface Draft {
  bind: MountOptions["bind"];
  own: AttrChange;
  deep: AttrChange;
  propagation: Propagation | undefined;
  idmap: MountOptions["idmap"];
  maps?: { text: string; pointer: string };
  copyUp: boolean;
  data: { option: string; pointer: string }[];
  /** Words that mean nothing on a bind, and what they are for. */
  notOnBind: { pointer: string; option: string; reason: string }[];
}

/**
 * Parts the options of a file system at commas, as mount(2) does. No comma counts behind `\`, as in names of an overlay's layers,
 * or in quotes, as in SELinux's labels. fsconfig(2) would take those quotes as a part of the label.
 */
function splitData(option: string): readonly string[] {
  // Most have neither, and a pattern is slow in an engine without a compiler.
  if (!option.includes(",") && !option.includes('"')) return [option];
  const parts = option.match(/(?:\\.|"[^"]*"|[^,])+/g) ?? [];
  return parts.map((part) => part.replace(/^((?:fs|def|root)?context=)"(.*)"$/, "$1$2"));
}

/** What buildah has done to a volume, and leaves in its options. */
const volumeWords: ReadonlySet<string> = new Set(["z", "Z", "U"]);

function apply(draft: Draft, option: string, pointer: string, issues: Issues): void {
  // buildah writes one on its volumes; between the commas of mount(2) it would be nothing, too.
  if (option === "") return;
  const maps = option.includes("idmap=") ? /^(r?idmap)=(.*)$/s.exec(option) : null;
  if (maps !== null) draft.maps = { text: maps[2] ?? "", pointer };
  const found = findWord(maps?.[1] ?? option);
  if (found === undefined) {
    for (const part of splitData(option)) draft.data.push({ option: part, pointer });
    if (!volumeWords.has(option))
      draft.notOnBind.push({ pointer, option, reason: "is an option of a file system, a bind mount makes none" });
    return;
  }
  const { effect, recursive } = found;
  switch (effect.does) {
    case "attr":
      if (recursive) draft.deep = deepChange(draft.deep, effect);
      else draft.own = change(draft.own, effect);
      return;
    case "propagation":
      draft.propagation = { value: effect.value, recursive };
      return;
    case "superblock":
      draft.data.push({ option: effect.key, pointer });
      if (!effect.binds)
        draft.notOnBind.push({ pointer, option, reason: "is set on a file system, a bind mount makes none" });
      return;
    case "bind":
      // As the flags of mount(2): no word takes the recursion back.
      draft.bind = recursive || draft.bind === "rbind" ? "rbind" : "bind";
      return;
    case "idmap":
      draft.idmap = recursive ? "ridmap" : "idmap";
      return;
    case "copyup":
      draft.copyUp = true;
      draft.notOnBind.push({ pointer, option, reason: "is for a tmpfs" });
      return;
    case "refuse":
      issues.unsupported(pointer, effect.reason);
      return;
    case "nothing":
  }
}

/** Takes the options of a mount apart, later words over earlier ones. */
export function readMountOptions(
  type: string | undefined,
  options: readonly string[],
  pointer: string,
  issues: Issues,
): MountOptions {
  const nothing = { set: 0, clear: 0 };
  const draft: Draft = {
    bind: "none",
    own: nothing,
    deep: nothing,
    propagation: undefined,
    idmap: "none",
    copyUp: false,
    data: [],
    notOnBind: [],
  };
  options.forEach((option, index) => {
    // podman's tmpfs for systemd have an empty word, which runc and crun pass over too.
    if (option === "") return;
    apply(draft, option, pointerTo(pointer, index), issues);
  });
  if (draft.bind === "none" && (type === "bind" || type === "rbind")) draft.bind = type;
  draft.own = withOneTime(draft.own);
  draft.deep = withOneTime(draft.deep);
  if (draft.bind !== "none") {
    for (const { pointer: at, option, reason } of draft.notOnBind)
      issues.warn(at, `${quote(option)} ${reason}: ignored`);
    return { ...draft, copyUp: false, data: [] };
  }
  if (!draft.copyUp || type === "tmpfs") return draft;
  issues.warn(pointer, "tmpcopyup is for a tmpfs: ignored");
  return { ...draft, copyUp: false };
}
