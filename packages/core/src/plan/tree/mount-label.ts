// `/linux/mountLabel`: the SELinux label of the file systems that are made for a container.

import { quote } from "../../errors.ts";
import type { SlotName } from "../../wire/op.ts";
import { textLength } from "../../wire/utf8.ts";
import { contextTypePointer, contextTypes, labelWord } from "../draft/annotations.ts";
import type { Context } from "../draft/draft.ts";
import { canonicalLabel, lsmIds } from "../ids/labels.ts";

const pointer = "/linux/mountLabel";
/** fsconfig(2) takes values of 256 bytes with their NUL. */
const maxValue = 255;

/** Checks `/linux/mountLabel`. */
export function checkMountLabel({ config, facts, issues }: Context): void {
  const label = config.linux?.mountLabel ?? "";
  if (label === "") return;
  if (!contextTypes.includes(labelWord(config)))
    issues.invalid(contextTypePointer, `${quote(labelWord(config))} is none of ${contextTypes.join(", ")}`);
  if (!facts.lsm.includes("selinux"))
    issues.unsupported(pointer, "SELinux is not active on this host: leave the label out, or boot with it");
  const size = textLength(label);
  if (size > maxValue) issues.invalid(pointer, `is ${size} bytes long, fsconfig(2) takes at most ${maxValue}`);
}

/** Those whose files the policy labels whatever a mount says, as in runc and crun. */
const labelledByPolicy: ReadonlySet<string> = new Set(["proc", "sysfs", "cgroup", "cgroup2", "mqueue"]);

const isLabel = (option: string): boolean => contextTypes.some((word) => option.startsWith(`${word}=`));

/** The option that labels a new file system, unless it has one. No quotes: those are mount(8)'s, not the kernel's. */
export function labelOption(
  { config }: Pick<Context, "config">,
  type: string,
  options: readonly string[],
): readonly string[] {
  const label = config.linux?.mountLabel ?? "";
  if (label === "" || labelledByPolicy.has(type) || options.some(isLabel)) return [];
  return [`${labelWord(config)}=${label}`];
}

/** An mqueue is there before it is mounted and takes no option, so its root is labelled, as in runc and crun. */
export function planTreeLabel({ config, draft }: Context, type: string, tree: SlotName): void {
  const value = config.linux?.mountLabel ?? "";
  if (value === "" || type !== "mqueue") return;
  const expect = canonicalLabel(value);
  draft.add({
    op: "set-label",
    phase: "inside",
    tree,
    value,
    expect,
    lsm: lsmIds.selinux,
    attribute: 0,
    from: pointer,
  });
}
