// Unix sockets of the host that a sandbox can connect to. Whoever listens there acts with rights of the host.
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../../errors.ts";
import type { System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { Runtime } from "../../runtime.ts";
import type { FileWords, Reading } from "../named.ts";
import { checkFiles, seen } from "../named.ts";
import { findPath, namedPath } from "../real-path.ts";
import { atRun, isService, servicePath, socketWord } from "./names.ts";

/** Who names a socket. */
interface Naming extends Reading {
  /** A file of settings is for many sessions: not each of these has every service. */
  readonly isFile: boolean;
}

const refuse = (word: string, why: string, hint: string): CofferError =>
  new CofferError("E_USAGE", `--socket ${quote(word)}: ${why}`, { argument: "sockets" }, { hint });

/** The rule for a service, which is named whatever its path leads to. */
function serviceRule({ system, debug }: Runtime, word: string, path: string | undefined, isFile: boolean) {
  const real = path === undefined ? undefined : findPath(system, path);
  if (path !== undefined && real?.kind === "socket")
    return [seen(system, { places: [], isJudged: true }, "socket", path)];
  const why = path === undefined ? "your variables name no socket of it" : `there is no socket ${quote(path)}`;
  if (!isFile) throw refuse(word, why, "start the service, or give the path of its socket");
  debug?.(`socket ${word}: ${why}`);
  return [];
}

/**
 * The rules that show sockets.
 *
 * @throws {CofferError} E_USAGE for a path that is no socket
 */
export function socketRules(runtime: Runtime, words: readonly string[], naming: Naming): readonly PathRule[] {
  const { system } = runtime;
  return words.flatMap((word) => {
    if (isService(word)) return serviceRule(runtime, word, servicePath(word, system.caller.env), naming.isFile);
    const path = atRun(toAbsolute(system, word));
    if (namedPath(system, path, "socket").kind !== "socket")
      throw refuse(word, "it is no unix socket", "--read shows other files");
    return [seen(system, naming, "socket", path)];
  });
}

/** Where the sockets are that somebody grants: without links. */
export function grantedSockets(system: System, words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const path = isService(word) ? servicePath(word, system.caller.env) : atRun(word);
    return path === undefined ? [] : (findPath(system, path)?.path ?? []);
  });
}

/** The sockets that a caller's own words name, as a file of settings has them wherever it is. */
export function givenSockets({ system }: Runtime, { sockets }: Pick<FileWords, "sockets">): readonly string[] {
  const words = checkFiles({ sockets }).sockets ?? [];
  return words.map((word) => socketWord(word, (path) => toAbsolute(system, path)));
}
