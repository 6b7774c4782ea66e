// What the host's /proc says of a process: a mutant may have no /proc of its own.
import { readFileSync, readlinkSync } from "node:fs";
import type { MountRow, ProbeFacts } from "../helpers/facts.ts";

/** The part of the facts that can be seen from outside. */
export type Seen = Pick<ProbeFacts, "mounts" | "namespaces" | "uidMap" | "gidMap" | "cgroup">;

const kinds = ["mnt", "uts", "ipc", "pid", "net", "user", "cgroup"] as const;

/** One row of mountinfo, in which a space and the like stand as octal digits. */
function rowOf(line: string): MountRow {
  const [left = "", right = ""] = line.split(" - ");
  const [id = "", parent = "", , root = "", point = "", options = "", ...optional] = left.split(" ");
  const [type = "", source = "", superOptions = ""] = right.split(" ");
  return { id, parent, root, point, options, optional, type, source, super: superOptions };
}

/** Looks at a process; undefined where it has ended. */
export function lookAt(pid: number): Seen | undefined {
  const text = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
  try {
    return {
      mounts: text("mountinfo").trim().split("\n").map(rowOf),
      namespaces: Object.fromEntries(kinds.map((kind) => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)])),
      uidMap: text("uid_map"),
      gidMap: text("gid_map"),
      cgroup: text("cgroup"),
    };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return undefined;
    throw error;
  }
}
