// Finding CRIU, and telling what it said.
import { CofferError } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { Dir, System } from "../system/port.ts";
import { decodeText } from "../wire/utf8.ts";

const places = [
  "/usr/sbin/criu",
  "/usr/bin/criu",
  "/sbin/criu",
  "/usr/local/sbin/criu",
  "/usr/local/bin/criu",
] as const;
const maxLog = 256 * 1024 * 1024;
const maxErrors = 5;
const maxLine = 300;

/** The host's CRIU, never looked up in the caller's PATH; undefined if it is missing. */
export function locateCriu(system: System): string | undefined {
  return places.find((path) => system.canAccess(path, "execute"));
}

/**
 * The host's CRIU.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED
 */
export function findCriu(system: System): string {
  const found = locateCriu(system);
  if (found !== undefined) return found;
  const hint = `install criu; it is looked for at ${places.join(", ")}`;
  const message = "cannot find criu, which checkpoint and restore need";
  throw new CofferError("E_HOST_UNSUPPORTED", message, { needs: "criu", found: "none" }, { hint });
}

/** Errors that CRIU logs and that do no harm: it tries what not every machine lets it do. */
const harmless = /Can't setup RLIMIT_NOFILE|Unable to create tun|cgroupd: recv req error/;

function readErrors(dir: Dir, name: string): readonly string[] {
  try {
    const text = decodeText(dir.readBytes(name, maxLog));
    const lines = text.split("\n").filter((line) => line.includes("Error (") && !harmless.test(line));
    return lines.slice(-maxErrors).map((line) =>
      line
        .replace(/^\([\d.]+\)\s*/, "")
        .trim()
        .slice(0, maxLine),
    );
  } catch (error) {
    if (SystemError.is(error)) return [];
    throw error;
  }
}

/** What became of a plan that asked CRIU, where CRIU said no: in its own words. */
export function toCriuError(error: unknown, verb: "dump" | "restore", dir: Dir): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "ask-criu") return error;
  const name = `${verb}.log`;
  const log = `${dir.path}/${name}`;
  const errors = readErrors(dir, name);
  const said = errors.length === 0 ? error.shortMessage : errors.join("; ");
  const message = `criu failed: ${verb}: ${said}; log file: ${log}`;
  return new CofferError("E_CRIU_FAILED", message, { log, errors }, { cause: error });
}
