import { config } from "./config/config.ts";
import { resources } from "./config/linux/resources.ts";
import { process } from "./config/process.ts";
import { features } from "./documents/features.ts";
import { policy } from "./documents/policy.ts";
import type { SandboxProfile, SandboxSettings } from "./documents/sandbox.ts";
import { sandboxProfile, sandboxSettings } from "./documents/sandbox.ts";
import { state } from "./documents/state.ts";
import type { WasmSettings } from "./documents/wasm.ts";
import { wasmSettings } from "./documents/wasm.ts";
import { parseJson, stringifyJson } from "./json/json.ts";
import { parseJsonc } from "./json/jsonc.ts";
import { withoutAbsent } from "./reading/absent.ts";
import { unknownFields } from "./reading/fields.ts";
import { read } from "./reading/read.ts";
import type { Config, Features, LinuxResources, Policy, Process, State } from "./types.ts";

export type { CacheName, SandboxFiles, SandboxGrants, SandboxProfile, SandboxSettings } from "./documents/sandbox.ts";
export {
  cacheNames,
  networkModes,
  overlayModes,
  sandboxFiles,
  sandboxProfile,
  sandboxSettings,
} from "./documents/sandbox.ts";
export type { WasmSettings } from "./documents/wasm.ts";
export type { SpecErrorCode, SpecIssue } from "./errors.ts";
export { SpecError, toPointer } from "./errors.ts";
export { escapeCell, escapeControl, escapeJson, escapeText, shellWord } from "./escape.ts";
export type { JsonObject, JsonValue } from "./json/json.ts";
export { maxJsonLength, parseJson, stringifyJson } from "./json/json.ts";
export { parseJsonc } from "./json/jsonc.ts";
export { maxJsonDepth } from "./json/reader.ts";
export type { DocumentName } from "./reading/fields.ts";
export { configFields, unknownFields } from "./reading/fields.ts";
export { describeIssue } from "./reading/read.ts";
export type { ExtraRule, RelaxedRule } from "./rules.ts";
export { extraRules, relaxedRules } from "./rules.ts";
export type { SpecTemplateOptions } from "./template.ts";
export { specTemplate } from "./template.ts";
export type * from "./types.ts";
export type { AbsolutePath, AnyPath, OciVersion } from "./values/brands.ts";
export { absolutePath, anyPath, ociVersionMax, ociVersionMin } from "./values/brands.ts";

/**
 * Checks a value that `parseJson` read, or that a program made, as a config.
 *
 * @throws {SpecError} E_CONFIG_INVALID with every issue
 */
export function checkConfig(value: unknown): Config {
  return read(config, value, { code: "E_CONFIG_INVALID", what: "config" }, withoutAbsent);
}

/**
 * Reads a `config.json`.
 *
 * @throws {SpecError} E_JSON_* or E_CONFIG_INVALID with every issue
 */
export function parseConfig(text: string): Config {
  return checkConfig(parseJson(text));
}

/**
 * Reads a `config.json` and lists the properties in it that the spec does not know, so that a caller can warn.
 *
 * @throws {SpecError} E_JSON_* or E_CONFIG_INVALID with every issue
 */
export function readConfig(text: string): { readonly config: Config; readonly unknownFields: readonly string[] } {
  const value = parseJson(text);
  return { config: checkConfig(value), unknownFields: unknownFields(value) };
}

/**
 * Checks a bare process object.
 *
 * @throws {SpecError} E_PROCESS_INVALID with every issue
 */
export function checkProcess(value: unknown): Process {
  return read(process, value, { code: "E_PROCESS_INVALID", what: "process" }, withoutAbsent);
}

/**
 * Reads a bare process object, as `exec --process` takes it.
 *
 * @throws {SpecError} E_JSON_* or E_PROCESS_INVALID with every issue
 */
export function parseProcess(text: string): Process {
  return checkProcess(parseJson(text));
}

/**
 * Reads a bare resources object, as `update --resources` takes it.
 *
 * @throws {SpecError} E_JSON_* or E_RESOURCES_INVALID with every issue
 */
export function parseResources(text: string): LinuxResources {
  return read(resources, parseJson(text) ?? {}, { code: "E_RESOURCES_INVALID", what: "resources" }, withoutAbsent);
}

/**
 * Reads a state document.
 *
 * @throws {SpecError} E_JSON_* or E_STATE_INVALID with every issue
 */
export function parseState(text: string): State {
  return read(state, parseJson(text), { code: "E_STATE_INVALID", what: "state" });
}

/**
 * Writes a state document, as hooks get it on stdin.
 *
 * @throws {SpecError} E_STATE_INVALID when the value is not a state
 */
export function stringifyState(value: State, space?: string | number): string {
  return stringifyJson(read(state, value, { code: "E_STATE_INVALID", what: "state" }), space);
}

/**
 * Reads a features document.
 *
 * @throws {SpecError} E_JSON_* or E_FEATURES_INVALID with every issue
 */
export function parseFeatures(text: string): Features {
  return read(features, parseJson(text), { code: "E_FEATURES_INVALID", what: "features" });
}

/**
 * Checks a value as a policy: what plans may do.
 *
 * @throws {SpecError} E_POLICY_INVALID with every issue
 */
export function checkPolicy(value: unknown): Policy {
  return read(policy, value, { code: "E_POLICY_INVALID", what: "policy" });
}

/**
 * Reads a policy.
 *
 * @throws {SpecError} E_JSON_* or E_POLICY_INVALID with every issue
 */
export function parsePolicy(text: string): Policy {
  return checkPolicy(parseJson(text));
}

/**
 * Reads a profile of a sandbox: JSON with comments and trailing commas.
 *
 * @throws {SpecError} E_JSON_* or E_PROFILE_INVALID with every issue
 */
export function parseSandboxProfile(text: string): SandboxProfile {
  return read(sandboxProfile, parseJsonc(text), { code: "E_PROFILE_INVALID", what: "profile" });
}

/**
 * Reads a user's own settings for sandboxes: JSON with comments and trailing commas.
 *
 * @throws {SpecError} E_JSON_* or E_PROFILE_INVALID with every issue
 */
export function parseSandboxSettings(text: string): SandboxSettings {
  return read(sandboxSettings, parseJsonc(text), { code: "E_PROFILE_INVALID", what: "settings" });
}

/**
 * Reads the administrator's settings for WebAssembly modules: JSON with comments and trailing commas.
 *
 * @throws {SpecError} E_PROFILE_INVALID with every issue
 */
export function parseWasmSettings(text: string): WasmSettings {
  return read(wasmSettings, parseJsonc(text), { code: "E_PROFILE_INVALID", what: "settings" });
}
