// Reading a bundle: its config, and where its root directory is.
import type { Config } from "@coffer/spec";
import { parseConfig } from "@coffer/spec";
import { CofferError, configInvalid, quote } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { describeErrno } from "./errno.ts";
import { toAbsolute } from "./runtime.ts";
import { readDocument } from "./spec-error.ts";

const maxConfig = 16 * 1024 * 1024;

/** A config and where it was found. */
export interface Bundle {
  /** The bundle's directory, absolute. */
  readonly path: string;
  readonly config: Config;
  /** The root directory, absolute. */
  readonly rootfs: string;
}

/** Reads a file that the caller named. */
export function readUserFile(system: System, what: string, path: string): string {
  try {
    return system.readNamedText(path, maxConfig);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    throw new CofferError("E_IO", `cannot read ${what} ${quote(path)}: ${describeErrno(error.errno)}`, details, {
      cause: error,
    });
  }
}

function findRootfs(system: System, bundle: string, config: Config): string {
  const path = config.root?.path;
  if (path === undefined)
    throw configInvalid("config", [{ pointer: "/root", message: "is required to make a container" }]);
  const rootfs = toAbsolute(system, path.startsWith("/") ? path : `${bundle}/${path}`);
  try {
    if (system.stat(rootfs).kind === "directory") return rootfs;
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `${quote(rootfs)}: ${describeErrno(error.errno)}`;
    throw configInvalid("config", [{ pointer: "/root/path", message }], { cause: error });
  }
  throw configInvalid("config", [{ pointer: "/root/path", message: `${quote(rootfs)} is not a directory` }]);
}

/** Makes a bundle of a config that is already there. */
export function makeBundle(system: System, path: string, config: Config): Bundle {
  return { path, config, rootfs: findRootfs(system, path, config) };
}

/**
 * Reads a bundle.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID
 */
export function readBundle(system: System, directory: string): Bundle {
  const path = toAbsolute(system, directory);
  const text = readUserFile(system, "the config", `${path}/config.json`);
  const config = readDocument(`config ${path}/config.json`, () => parseConfig(text));
  return makeBundle(system, path, config);
}
