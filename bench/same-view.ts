// The bubblewrap command that shows what a sandbox of Coffer shows: its mounts and links, in their order. Short files that a
// sandbox has of its own are left out, as is the filter for system calls: both would be descriptors of the command.
import { execFileSync } from "node:child_process";

type Op = Readonly<Partial<Record<"op" | "phase" | "out" | "path" | "source" | "target" | "tree" | "type", unknown>>>;

/** A field that is text: some ops have numbers under these names. */
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The nearest that bubblewrap's users write: the whole host read-only. */
export const nearest = ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"];

const confined = ["--unshare-all", "--new-session", "--die-with-parent", "--clearenv", "--cap-drop", "ALL"];

/** How bubblewrap mounts a file system of that type; undefined for what `--dev` has. */
function mountWords(type: string, path: string): readonly string[] {
  if (path === "/dev") return ["--dev", path];
  if (type === "proc" || type === "mqueue") return [`--${type}`, path];
  return path.startsWith("/dev/") ? [] : ["--tmpfs", path];
}

/** Paths count from the host's root, which the plan has as a descriptor. */
const sourceOf = (path: unknown) => (typeof path === "string" ? `/${path.replace(/^\/+/, "")}` : undefined);

/** The words of bubblewrap for `coffer sandbox` with those words, without the command. */
export function sameView(coffer: string, words: readonly string[], cwd: string): readonly string[] {
  const text = execFileSync(coffer, ["plan", "sandbox", "--json", ...words, "--", "/bin/true"], { encoding: "utf8" });
  const { ops }: { readonly ops: readonly Op[] } = JSON.parse(text);
  const outs = new Map(ops.map((op) => [op.out, op]));
  const shown = ops.flatMap((op): readonly string[] => {
    const link = textOf(op.path);
    if (op.op === "make-link" && link?.startsWith("/dev/") === false)
      return ["--symlink", textOf(op.target) ?? "", link];
    const tree = outs.get(op.tree);
    const path = textOf(outs.get(op.target)?.path);
    if (op.op !== "attach" || op.phase !== "inside" || tree === undefined || path === undefined) return [];
    if (tree.op === "make-fs") return mountWords(textOf(tree.type) ?? "", path);
    // What is no path of the host is the working directory, which is a descriptor.
    return path.startsWith("/dev/") ? [] : ["--ro-bind", sourceOf(outs.get(tree.source)?.path) ?? cwd, path];
  });
  return [...confined, ...shown];
}
