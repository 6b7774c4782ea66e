// Labels of security modules: the AppArmor profile and the SELinux label of a process.
import { quote } from "../../errors.ts";
import type { SlotName } from "../../wire/op.ts";
import { textLength } from "../../wire/utf8.ts";
import type { Context } from "../draft/draft.ts";

/** LSM_ID_* of linux/lsm.h. */
export const lsmIds = { selinux: 101, apparmor: 104 } as const;
/** LSM_ATTR_* of linux/lsm.h. */
export const labelAttributes = { exec: 101, keycreate: 103 } as const;
/** A page, less the head of a struct lsm_ctx and a NUL. */
const maxLabel = 4063;

/** One label that init sets for itself. */
interface Label {
  readonly lsm: keyof typeof lsmIds;
  readonly attribute: "exec" | "keycreate";
  readonly value: string;
  /** What the kernel says of it afterwards; undefined where only the kernel knows. */
  readonly expect: string | undefined;
  readonly from: string;
  /** Its slot where it is set through its file: on kernels without lsm_set_self_attr(2). */
  readonly file: SlotName | undefined;
}

/** The labels that a process asks for. */
export interface Labels {
  readonly exec: readonly Label[];
  readonly keys: readonly Label[];
}

/** Linux 6.8 has lsm_set_self_attr(2). */
function hasCall({ facts: { kernel } }: Context): boolean {
  return kernel.major > 6 || (kernel.major === 6 && kernel.minor >= 8);
}

function checkText({ issues }: Context, text: string, pointer: string): void {
  if (/\p{Cc}|^\s|\s$/u.test(text))
    issues.invalid(pointer, `${quote(text)} has a control character in it, or a blank around it`);
  const size = textLength(text);
  if (size > maxLabel - "exec ".length) issues.invalid(pointer, `is ${size} bytes long, the kernel takes a page`);
}

function readProfile(context: Context): readonly Label[] {
  const { process, processPointer, facts, issues } = context;
  const profile = process.apparmorProfile ?? "";
  const from = `${processPointer}/apparmorProfile`;
  const active = facts.lsm.includes("apparmor");
  // "unconfined" asks for nothing where nothing confines.
  if (profile === "" || (profile === "unconfined" && !active)) return [];
  if (!active) issues.unsupported(from, "AppArmor is not active on this host: leave the profile out, or boot with it");
  checkText(context, profile, from);
  // The kernel prints stacked profiles and those of another namespace in its own order and words.
  const expect = /^:|\/\/&/.test(profile) ? undefined : profile;
  const file = hasCall(context) ? undefined : "apparmor-file";
  return [{ lsm: "apparmor", attribute: "exec", value: `exec ${profile}`, expect, from, file }];
}

function readLabel(context: Context, attribute: Label["attribute"]): readonly Label[] {
  const { process, processPointer, facts, issues } = context;
  const value = process.selinuxLabel ?? "";
  const from = `${processPointer}/selinuxLabel`;
  if (value === "") return [];
  if (attribute === "exec" && !facts.lsm.includes("selinux"))
    issues.unsupported(from, "SELinux is not active on this host: leave the label out, or boot with it");
  if (attribute === "exec") checkText(context, value, from);
  const file = hasCall(context) ? undefined : `selinux-${attribute}-file`;
  return [{ lsm: "selinux", attribute, value, expect: canonicalLabel(value), from, file }];
}

/** Reads and checks the labels of a process. `newKeyring`: it gets a keyring, which is labelled as it is, as in runc. */
export function readLabels(context: Context, newKeyring: boolean): Labels {
  return {
    exec: [...readLabel(context, "exec"), ...readProfile(context)],
    keys: newKeyring ? readLabel(context, "keycreate") : [],
  };
}

/** A SELinux label as the kernel puts it: categories in order, three or more in a row as a range. */
export function canonicalLabel(label: string): string {
  return label.replace(/:c[\d.,c]+/g, (part) => {
    const list = part.slice(1).split(",");
    const ranges = list.map((word) => /^c(\d{1,4})(?:\.c(\d{1,4}))?$/.exec(word));
    const all = new Set<number>();
    for (const found of ranges) {
      if (found === null) return part;
      const first = Number(found[1]);
      for (let n = first; n <= Number(found[2] ?? first); n += 1) all.add(n);
    }
    return `:${rangesOf([...all].sort((a, b) => a - b)).join(",")}`;
  });
}

function rangesOf(numbers: readonly number[]): readonly string[] {
  const ranges: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end += 1;
    const join = end - at > 1 ? "." : ",";
    ranges.push(end > at ? `c${numbers[at]}${join}c${numbers[end]}` : `c${numbers[at]}`);
    at = end + 1;
  }
  return ranges;
}

/** Whether init needs the launcher's procfs (slot `proc`) to open the files that its labels are set through. */
export function needsLabelFiles({ exec, keys }: Labels): boolean {
  return [...exec, ...keys].some(({ file }) => file !== undefined);
}

const paths = { selinux: "self/attr", apparmor: "self/attr/apparmor" } as const;

/** Init's part in phase inside, before it makes a keyring: opens the files of its labels, and labels its keys to come. */
export function planLabelStart({ draft }: Context, labels: Labels): void {
  for (const { lsm, attribute, file, from } of [...labels.keys, ...labels.exec]) {
    if (file === undefined) continue;
    const path = `${paths[lsm]}/${attribute}`;
    draft.add({ op: "open-label", phase: "inside", proc: "proc", path, out: file, from });
  }
  if (needsLabelFiles(labels)) draft.add({ op: "close", phase: "inside", slot: "proc" });
  for (const label of labels.keys) planLabel({ draft }, label, "inside");
}

/** Labels what init will execute. */
export function planLabels({ draft }: Context, { exec }: Labels): void {
  for (const label of exec) planLabel({ draft }, label, "drop");
}

function planLabel({ draft }: Pick<Context, "draft">, label: Label, phase: "inside" | "drop"): void {
  const { lsm, attribute, value, expect, file, from } = label;
  draft.add({
    op: "set-label",
    phase,
    ...(file === undefined ? {} : { file }),
    value,
    ...(expect === undefined ? {} : { expect }),
    lsm: lsmIds[lsm],
    attribute: labelAttributes[attribute],
    from,
  });
}
