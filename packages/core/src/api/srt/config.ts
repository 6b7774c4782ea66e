// The settings of srt as options of a session. What forbids something there and cannot be carried out here is an error.
import { translate } from "../../defaults/index.ts";
import { CofferError, quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { canFence } from "../../runtime/sandbox/fence.ts";
import { leadsTo } from "../../runtime/sandbox/real-path.ts";
import { homesOf } from "../../runtime/sandbox/secrets.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { SessionOptions } from "../session/session.ts";

/** Settings of srt: the fields that are known by name. */
export interface SandboxRuntimeConfig {
  readonly network: {
    readonly allowedDomains: string[];
    readonly deniedDomains: string[];
    readonly allowUnixSockets?: string[] | undefined;
    readonly allowLocalBinding?: boolean | undefined;
    readonly [field: string]: unknown;
  };
  readonly filesystem: {
    readonly denyRead: string[];
    readonly allowRead?: string[] | undefined;
    readonly allowWrite: string[];
    readonly denyWrite: string[];
    readonly [field: string]: unknown;
  };
  readonly ignoreViolations?: Record<string, string[]> | undefined;
  readonly enableWeakerNestedSandbox?: boolean | undefined;
  readonly [field: string]: unknown;
}

/** Variables of the sandbox's own, and those that are likely secrets or lead to them. */
const notPassed = [
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|TMPDIR|TMP|TEMP|MAIL|_)$/,
  /^(?:XDG|DBUS|SSH|GPG|AWS|GCP|GOOGLE|AZURE|DOCKER|KUBE|VAULT|npm_config_|NPM_CONFIG_|COFFER|LD_|BASH_FUNC)/,
  /(?:TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|SESSION|PRIVATE|(?:^|_)KEY|APIKEY)/i,
  /^(?:https?|all|no|ftp)_proxy$/i,
];

const isPassed = (name: string): boolean => !notPassed.some((pattern) => pattern.test(name));

/** The variables that a command gets: srt passes all of them on. */
export function passedEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isPassed(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(kept);
}

type Fields = Readonly<Record<string, unknown>>;
type Check = readonly [is: (value: unknown) => boolean, what: string];

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isWords = (value: unknown): boolean => Array.isArray(value) && value.every((word) => typeof word === "string");
const words: Check = [isWords, "a list of strings"];
const yesOrNo: Check = [(value) => typeof value === "boolean", "true or false"];
const section: Check = [isFields, "an object"];
const wordsByName: Check = [
  (value) => isFields(value) && Object.values(value).every(isWords),
  "an object with lists of strings",
];

/** The types of the fields that are known, by their names. The sections come before what is in them. */
const types: readonly (readonly [field: string, check: Check])[] = [
  ["network", section],
  ["filesystem", section],
  ["network.allowedDomains", words],
  ["network.deniedDomains", words],
  ["network.allowUnixSockets", words],
  ["network.allowLocalBinding", yesOrNo],
  ["filesystem.denyRead", words],
  ["filesystem.allowRead", words],
  ["filesystem.allowWrite", words],
  ["filesystem.denyWrite", words],
  ["ignoreViolations", wordsByName],
  ["enableWeakerNestedSandbox", yesOrNo],
];

const refuse = (field: string, message: string): CofferError =>
  new CofferError("E_USAGE", message, { argument: field });

const fieldOf = (config: unknown, field: string): unknown =>
  field.split(".").reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), config);

/** Settings come from programs without types: a list that is a word by mistake must not allow or hide something else. */
export function checkTypes(config: unknown): void {
  if (!isFields(config)) throw refuse("config", "the settings must be an object");
  for (const [field, [is, what]] of types) {
    const value = fieldOf(config, field);
    if (value !== undefined && !is(value)) throw refuse(field, `${field} must be ${what}`);
  }
}

/** Lists that settings must have. */
const required = [
  "network.allowedDomains",
  "network.deniedDomains",
  "filesystem.denyRead",
  "filesystem.allowWrite",
  "filesystem.denyWrite",
];

function requireConfig(value: unknown): asserts value is SandboxRuntimeConfig {
  checkTypes(value);
  const missing = required.find((field) => fieldOf(value, field) === undefined);
  if (missing !== undefined) throw refuse(missing, `${missing} must be a list of strings`);
}

/** What looks at settings of an unknown type, as embedders call that of srt. It changes nothing of them. */
export const SandboxRuntimeConfigSchema = Object.freeze({
  /** @throws {CofferError} E_USAGE, with the field */
  parse: (value: unknown): SandboxRuntimeConfig => {
    requireConfig(value);
    return value;
  },
  safeParse: (
    value: unknown,
  ): { success: true; data: SandboxRuntimeConfig } | { success: false; error: CofferError } => {
    try {
      return { success: true, data: SandboxRuntimeConfigSchema.parse(value) };
    } catch (error) {
      if (CofferError.is(error, "E_USAGE")) return { success: false, error };
      throw error;
    }
  },
});

/** Settings as they are carried out. */
export interface Settled {
  readonly options: SessionOptions;
  /** Names that should stay as they are, and are not there yet. */
  readonly missing: readonly string[];
  /** They are kept from being made. */
  readonly fence: boolean;
}

/** Turns settings into options of a session. Paths that are missing give nothing, as in srt. */
export function settle(system: System, config: unknown, cwd: string): Settled {
  checkTypes(config);
  const [home] = homesOf(system);
  const { profile, notes, readonly } = translate(config, "srt", {
    dir: cwd,
    home,
    real: (path) => leadsTo(system, path),
  });
  const lost = notes.filter(({ restricts, narrows }) => restricts || narrows === true);
  if (lost.length > 0) {
    const what = lost.map(
      ({ field, word, message }) => `${field}${word === undefined ? "" : ` ${quote(word)}`} ${message}`,
    );
    throw new CofferError("E_USAGE", `cannot be carried out here: ${what.join("; ")}`, {
      argument: lost[0]?.field ?? "",
    });
  }
  const toPath = (word: string): string =>
    home !== undefined && /^~(?:\/|$)/.test(word)
      ? joinPath(home, word.slice(1))
      : toAbsolute({ caller: { cwd } }, word);
  const isThere = (path: string): boolean => optional(() => system.stat(path)) !== undefined;
  const there = (words: readonly string[] | undefined): string[] => (words ?? []).map(toPath).filter(isThere);
  const { network } = profile;
  const options = {
    cwd,
    read: there(profile.read),
    write: there(profile.write),
    deny: (profile.deny ?? []).map((word) => (word.startsWith("**") ? word : toPath(word))),
    network: { allow: network?.allow ?? [], deny: network?.deny ?? [] },
  };
  const missing = readonly
    .map(toPath)
    .filter((path) => !isThere(path))
    .map((path) => leadsTo(system, path));
  const fence = missing.length > 0 && canFence(system);
  return { options, missing, fence };
}
