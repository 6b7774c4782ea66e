// Flags that checkpoint and restore have in common, and what of them is refused.
import { CofferError, quote } from "../errors.ts";
import { joinPath } from "../paths.ts";
import type { CgroupMode, CriuFlags } from "../plan/index.ts";
import { readOr } from "../system/error.ts";
import type { Dir, System } from "../system/port.ts";
import type { CriuPaths } from "./dirs.ts";
import { checkParentAt } from "./judge/directory.ts";

/** Flags of runc that both verbs have. */
export interface CriuVerbOptions extends CriuFlags, CriuPaths {
  readonly manageCgroupsMode?: string | undefined;
  /** Namespaces that are made and left empty: `network`, which always is. */
  readonly emptyNamespaces?: readonly string[] | undefined;
  readonly statusFd?: string | undefined;
  readonly pageServer?: string | undefined;
}

const modes: Readonly<Partial<Record<string, CgroupMode>>> = {
  "": "soft",
  soft: "soft",
  full: "full",
  strict: "strict",
  ignore: "ignore",
};

function usage(message: string, argument: string): CofferError {
  return new CofferError("E_USAGE", message, { argument });
}

/** The cgroup mode of a flag, in runc's words where it is none. */
export function readCgroupMode(word: string | undefined): CgroupMode {
  const mode = modes[word ?? ""];
  if (mode === undefined) throw usage("Invalid manage-cgroups-mode value", "manage-cgroups-mode");
  return mode;
}

/** CRIU resolves the parent's path from the images, and writes it there for the restore. */
export function readParent(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return undefined;
  if (path.startsWith("/")) throw usage("--parent-path must be relative", "parent-path");
  return path;
}

/** Refuses images that are not there, as CRIU only tells the number of its error, and images that somebody else may change. */
export function checkParent(system: System, path: string | undefined, images: Dir): void {
  const parent = readParent(path);
  if (parent === undefined) return;
  const kind = readOr(undefined, () => system.stat(joinPath(images.path, parent), { follow: true }).kind);
  if (kind !== "directory")
    throw usage(`--parent-path ${quote(parent)} is no directory beside the images`, "parent-path");
  const [found] = checkParentAt(system, images, parent);
  if (found !== undefined) throw usage(`--parent-path ${quote(parent)}: ${found}`, "parent-path");
}

/**
 * Refuses what is not carried out.
 *
 * @throws {CofferError} E_USAGE
 */
export function checkFlags(options: CriuVerbOptions): void {
  readCgroupMode(options.manageCgroupsMode);
  const unknown = (options.emptyNamespaces ?? []).find((name) => name !== "network");
  if (unknown !== undefined) throw usage(`namespace ${quote(unknown)} is not supported`, "empty-ns");
}

/**
 * Refuses a dump that is fetched later: a page server gets the memory of the container over an open connection, and CRIU would
 * go on when the verb has ended.
 *
 * @throws {CofferError} E_USAGE
 */
export function checkDumpFlags(options: CriuVerbOptions): void {
  checkFlags(options);
  if (options.lazyPages) throw usage("checkpoint --lazy-pages is refused: a container is saved whole", "lazy-pages");
  if (options.statusFd !== undefined && options.statusFd !== "-1")
    throw usage("--status-fd is refused: it is for a dump with --lazy-pages, which is refused", "status-fd");
  if (options.pageServer !== undefined && options.pageServer !== "")
    throw usage("--page-server is refused: the memory would leave the host unprotected", "page-server");
}
