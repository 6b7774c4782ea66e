// What checkpoint and restore have in common: CRIU is a program of the host, and has nothing but what is passed to it.
import type { SlotName } from "../../wire/op.ts";
import type { Draft } from "../draft/draft.ts";
import type { Roots } from "../draft/roots.ts";
import { criuFds } from "./request.ts";

/** As long as an hour for each step: how long a dump takes depends on the memory that there is. */
export const criuTimeoutMs = 3_600_000;

/** Only what CRIU runs (tar, ip, nft) is looked up; the host's own. */
const env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C"];

/** Where and how CRIU is started. */
export interface CriuStart {
  /** CRIU's path on the host. */
  readonly program: string;
  /** There is an input `work`: its working directory. */
  readonly hasWork: boolean;
  readonly root?: SlotName;
  readonly cgroup?: SlotName | undefined;
  /** CLONE_NEW* that it makes first. */
  readonly namespaces: number;
  /** What its mounts become where it has a mount namespace of its own: of `rootIsolation`, else 0. */
  readonly propagation: 0 | 1 | 2;
  /** MOUNT_ATTR_* of the root: CRIU copies them, and knows none of the config's. */
  readonly attrs: number;
}

/** Opens CRIU before anything is made. */
export function openCriu(draft: Draft, roots: Roots, program: string): void {
  const why = "a program of the host, opened before anything is made";
  draft.add({ op: "open-exec", phase: "host", at: roots.host(), path: program, resolve: 0, out: "criu-program", why });
}

/** Passes a descriptor to CRIU. */
export function passToCriu(draft: Draft, fd: SlotName, target: number, why?: string): void {
  draft.add({ op: "pass-fd", phase: "host", fd, target, ...(why === undefined ? {} : { why }) });
}

/** Passes what every request needs, the inputs `images`, `work`, `log` and `stdin`, and starts CRIU. */
export function startCriu(draft: Draft, start: CriuStart): void {
  passToCriu(draft, draft.input("stdin", "file"), 0);
  passToCriu(draft, draft.input("log", "file"), 1, "CRIU logs to its standard output");
  passToCriu(draft, "log", 2);
  passToCriu(draft, draft.input("images", "dir"), criuFds.images);
  if (start.hasWork) passToCriu(draft, draft.input("work", "dir"), criuFds.work, "its working directory");
  draft.add({
    op: "start-criu",
    phase: "host",
    program: "criu-program",
    ...(start.root === undefined ? {} : { root: start.root }),
    ...(start.cgroup === undefined ? {} : { cgroup: start.cgroup }),
    args: ["criu", "swrk", "3"],
    env,
    namespaces: start.namespaces,
    propagation: start.propagation,
    attrs: start.attrs,
    out: "criu",
  });
}
