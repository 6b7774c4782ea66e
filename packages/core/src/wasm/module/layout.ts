// Modules as artifacts: an OCI image layout on disk whose one layer is a module, as the CNCF's wasm working group has it
// (https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/). Nothing is fetched.
import { parseJson } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

const configType = "application/vnd.wasm.config.v0+json";
const layerTypes = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
const mostDocument = 1024 * 1024;

/** A descriptor of the image specification. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

function invalid(path: string, message: string): CofferError {
  return new CofferError("E_MODULE_INVALID", `the layout ${quote(path)} ${message}`, {});
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function toDescriptor(path: string, what: string, value: unknown): Descriptor {
  const mediaType = field(value, "mediaType");
  const digest = field(value, "digest");
  if (typeof mediaType !== "string" || typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalid(path, `has no ${what} with a media type and a SHA-256 digest`);
  return { mediaType, digest };
}

function readFile(system: System, path: string, name: string, most: number): Uint8Array {
  try {
    return system.readNamed(`${path}/${name}`, most);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path: `${path}/${name}`, errnoName: error.errno };
    throw new CofferError("E_IO", `cannot read ${quote(`${path}/${name}`)}: ${describeErrno(error.errno)}`, details);
  }
}

/** A blob, which has to be what its name says. */
function readBlob(system: System, path: string, { digest }: Descriptor, most: number): Uint8Array {
  const hex = digest.slice("sha256:".length);
  const bytes = readFile(system, path, `blobs/sha256/${hex}`, most);
  if (system.digest(bytes) !== hex) throw invalid(path, `has a blob that is not ${digest}`);
  return bytes;
}

function readJson(path: string, what: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(path, `has ${what} that is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The one element of a list. */
function only(path: string, what: string, list: unknown): unknown {
  if (!Array.isArray(list) || list.length !== 1) throw invalid(path, `does not have exactly one ${what}`);
  return list[0];
}

/**
 * Reads the module of a layout.
 *
 * @throws {CofferError} E_IO, E_MODULE_INVALID
 */
export function readLayout(system: System, path: string, most: number): Uint8Array {
  const index = readJson(path, "an index", readFile(system, path, "index.json", mostDocument));
  const listed = toDescriptor(path, "manifest", only(path, "manifest", field(index, "manifests")));
  const manifest = readJson(path, "a manifest", readBlob(system, path, listed, mostDocument));
  const config = toDescriptor(path, "config", field(manifest, "config"));
  const layer = toDescriptor(path, "layer", only(path, "layer", field(manifest, "layers")));
  if (config.mediaType !== configType) throw invalid(path, `is no module: its config is ${quote(config.mediaType)}`);
  if (!layerTypes.includes(layer.mediaType))
    throw invalid(path, `is no module: its layer is ${quote(layer.mediaType)}`);
  return readBlob(system, path, layer, most);
}
