// The process that `exec` runs: the container's own, with what the flags change.
import type { Process } from "@coffer/spec";
import { checkProcess, parseJson } from "@coffer/spec";
import type { ConfigIssue } from "../../errors.ts";
import { CofferError, quote } from "../../errors.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { readUserFile } from "../launch/bundle.ts";
import { readDocument } from "../launch/errors/spec-error.ts";
import { warnUnknown } from "../policy/unknown-fields.ts";
import type { Runtime } from "../runtime.ts";

/** What the flags of `exec` say of the process. */
export interface ExecProcessOptions {
  readonly args?: readonly string[] | undefined;
  /** A file with the whole process object. */
  readonly processFile?: string | undefined;
  readonly cwd?: string | undefined;
  /** Variables `NAME=VALUE` that are added. */
  readonly env?: readonly string[] | undefined;
  readonly terminal?: boolean | undefined;
  /** `UID` or `UID:GID`; if empty, the user of the container. */
  readonly user?: string | undefined;
  readonly additionalGids?: readonly string[] | undefined;
  readonly processLabel?: string | undefined;
  readonly apparmor?: string | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  /** Capabilities that are added. */
  readonly capabilities?: readonly string[] | undefined;
}

function usage(message: string, argument: string): CofferError {
  return new CofferError("E_USAGE", message, { argument });
}

function parseId(text: string, argument: string): number {
  const id = Number(text);
  if (/^\d{1,10}$/.test(text) && id <= 0xfffffffe) return id;
  throw usage(`${quote(text)} is not the number of a user or group`, argument);
}

function parseUser(text: string): { readonly uid: number; readonly gid?: number } {
  const [uid = "", gid, ...rest] = text.split(":");
  if (rest.length > 0) throw usage(`${quote(text)} is not UID or UID:GID`, "user");
  return { uid: parseId(uid, "user"), ...(gid === undefined ? {} : { gid: parseId(gid, "user") }) };
}

function addCapabilities(own: Process["capabilities"], added: readonly string[]): Process["capabilities"] {
  const add = (set: readonly string[] = []): readonly string[] => [...new Set([...set, ...added])];
  return {
    ...own,
    bounding: add(own?.bounding),
    permitted: add(own?.permitted),
    effective: add(own?.effective),
    ambient: [...new Set([...(own?.ambient ?? []), ...added.filter((name) => own?.inheritable?.includes(name))])],
  };
}

function changeUser(own: Process["user"], options: ExecProcessOptions): Process["user"] {
  const gids = (options.additionalGids ?? []).map((gid) => parseId(gid, "additional-gids"));
  const { user: words = "" } = options;
  const user = words === "" ? {} : parseUser(words);
  return { ...own, ...user, additionalGids: [...(own?.additionalGids ?? []), ...gids] };
}

/** A process, and what is odd in the document that it comes from. */
export interface ExecProcess {
  readonly process: Process;
  readonly warnings: readonly ConfigIssue[];
}

/** The file of a process, which is read once: it may be a pipe. */
export interface ProcessDocument {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the file of the process, if there is one.
 *
 * @throws {CofferError} E_IO
 */
export function readProcessFile({ system }: Runtime, { processFile }: ExecProcessOptions): ProcessDocument | undefined {
  if (processFile === undefined) return undefined;
  const path = toAbsolute(system, processFile);
  return { path, text: readUserFile(system, "the process", path) };
}

/**
 * Makes the process of an `exec`.
 *
 * @throws {CofferError} E_USAGE, E_CONFIG_INVALID
 */
export function makeExecProcess(
  own: Process | undefined,
  options: ExecProcessOptions,
  document: ProcessDocument | undefined,
): ExecProcess {
  const { args = [] } = options;
  if (document !== undefined)
    return readDocument(`process ${document.path}`, () => {
      const value = parseJson(document.text);
      return { process: checkProcess(value), warnings: warnUnknown(value, "process") };
    });
  if (args.length === 0) throw usage("process args cannot be empty", "args");
  const { terminal: _terminal, consoleSize: _size, ...kept } = own ?? { cwd: "/" };
  const changed = readDocument("process", () => checkProcess(changes(kept, args, options)));
  return { process: { ...kept, ...changed }, warnings: [] };
}

/** What the flags say: the rest was checked with the container's config. */
function changes(
  own: Omit<Process, "cwd"> & { readonly cwd: string },
  args: readonly string[],
  options: ExecProcessOptions,
): object {
  const { env = [], user = "", additionalGids = [] } = options;
  return {
    args,
    cwd: options.cwd ?? own.cwd,
    ...(env.length === 0 ? {} : { env: [...(own.env ?? []), ...env] }),
    ...(user === "" && additionalGids.length === 0 ? {} : { user: changeUser(own.user, options) }),
    ...(options.terminal ? { terminal: true } : {}),
    ...(options.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(options.processLabel === undefined ? {} : { selinuxLabel: options.processLabel }),
    ...(options.apparmor === undefined ? {} : { apparmorProfile: options.apparmor }),
    ...(options.capabilities === undefined
      ? {}
      : { capabilities: addCapabilities(own.capabilities, options.capabilities) }),
  };
}
