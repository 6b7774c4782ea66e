import type { SlotName } from "../../wire/op.ts";
import { planBecome } from "../create/unseen.ts";
import type { Context } from "../draft/draft.ts";
import type { ProcessOptions, TerminalMode } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";

/** The largest number of rows or columns that the kernel keeps. */
const maxSize = 0xffff;

/** Who gets the terminal, checked. */
export function readTerminal({ process, processPointer, issues }: Context, options: ProcessOptions): TerminalMode {
  const pointer = `${processPointer}/terminal`;
  const wanted = process.terminal === true;
  const mode = options.terminal ?? (wanted ? "foreground" : "none");
  if (wanted && mode === "none")
    issues.invalid(pointer, "a terminal is asked for, and there is nobody to give it to: a console socket is needed");
  if (wanted && mode === "foreground" && options.detach === true)
    issues.invalid(pointer, "a detached container gives its terminal away through a console socket");
  if (!wanted && mode !== "none") issues.invalid(pointer, "no terminal is asked for, so there is none to give away");
  return wanted ? mode : "none";
}

/** The launcher's part: connects to the console socket before anything is made. */
export function planConsoleSocket({ draft, processPointer }: Context, roots: Roots, mode: TerminalMode): void {
  if (typeof mode === "string") return;
  const from = `${processPointer}/terminal`;
  draft.add({
    op: "connect-socket",
    phase: "host",
    at: roots.host(),
    path: mode.consoleSocket,
    out: "console-socket",
    from,
  });
}

/** What a terminal is opened on, and for whom. */
export interface TerminalPlace {
  readonly devpts: SlotName;
  /** It is the host's directory of devices, with a node `ptmx`. */
  readonly device?: boolean;
  /** The user that owns it, when that is not who init acts as. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Who init acts as. */
  readonly self: { readonly uid: number; readonly gid: number };
  /** The session is begun later, by the process that init forks. */
  readonly later?: boolean;
}

/** Opens the terminal and gives its other end away. Returns the slot of the container's end. */
export function planTerminal(
  context: Context,
  options: ProcessOptions,
  mode: TerminalMode,
  place: TerminalPlace,
): SlotName {
  const { draft, processPointer } = context;
  const from = `${processPointer}/terminal`;
  const { owner, self } = place;
  const device = place.device === true ? { flags: ["device"] as const } : {};
  if (owner !== undefined) planBecome(draft, owner, { from, why: "the terminal belongs to the user that it is for" });
  draft.add({ op: "open-ptmx", phase: "inside", ...device, devpts: place.devpts, out: "terminal", from });
  draft.add({ op: "open-peer", phase: "inside", master: "terminal", out: "console", from });
  if (owner !== undefined) planBecome(draft, self, { from, why: "back to the id that makes the tree" });
  const isSized = planWindow(context, options);
  if (mode === "foreground" && options.plainOutput === true)
    draft.add({ op: "plain-output", phase: "inside", pty: "terminal", from, why: "no terminal reads it" });
  if (mode === "foreground") {
    draft.add({ op: "give-slot", phase: "inside", slot: "terminal", from });
    draft.add({ op: "take-slot", phase: "parent", out: "terminal-end", from });
    if (!isSized)
      for (const phase of ["inside", "parent"] as const) draft.meet(phase, "the terminal has the size of the caller's");
  } else {
    draft.add({ op: "send-fd", phase: "inside", socket: "console-socket", fd: "terminal", name: "/dev/ptmx", from });
    draft.add({ op: "close", phase: "inside", slot: "console-socket", from });
  }
  if (place.later !== true) draft.add({ op: "new-session", phase: "inside", pty: "console", from });
  return "console";
}

/** Returns whether the plan sets the size: else the launcher does. */
function planWindow({ draft, process, processPointer, issues }: Context, options: ProcessOptions): boolean {
  const size = process.consoleSize ?? options.consoleSize;
  if (size === undefined || (size.height === 0 && size.width === 0)) return false;
  const from = `${processPointer}/consoleSize`;
  for (const name of ["height", "width"] as const)
    if (size[name] < 0 || size[name] > maxSize)
      issues.invalid(`${from}/${name}`, `must be from 0 to ${maxSize}, got ${size[name]}`);
  draft.add({ op: "set-window", phase: "inside", pty: "terminal", rows: size.height, columns: size.width, from });
  return true;
}

/** Binds the container's end on /dev/console. */
export function planConsole({ draft, processPointer }: Context, root: SlotName): void {
  const from = `${processPointer}/terminal`;
  draft.add({
    op: "mount-point",
    phase: "inside",
    at: root,
    path: "/dev/console",
    kind: 1,
    mode: 0o620,
    resolve: 0,
    out: "console-at",
    from,
  });
  draft.add({
    op: "clone-tree",
    phase: "inside",
    flags: ["keep"],
    source: "console",
    recursive: 0,
    propagation: 1,
    out: "console-tree",
    from,
  });
  draft.add({ op: "attach", phase: "inside", tree: "console-tree", target: "console-at", from });
}
