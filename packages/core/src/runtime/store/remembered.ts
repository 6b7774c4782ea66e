// The part of a remembered config that verbs on a container which is there ask for. It is checked by hand: loading the
// schemas of a whole config takes longer than such a verb.
import type { Hook } from "@coffer/spec";

interface RememberedNamespace {
  readonly type: string;
  readonly path?: string | undefined;
}

/** A config as far as most verbs need it. What else is in it is kept, and checked by `configOf`. */
export interface RememberedConfig {
  readonly ociVersion: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly process?: { readonly args?: readonly string[] | undefined } | undefined;
  readonly hooks?:
    | { readonly poststart?: readonly Hook[] | undefined; readonly poststop?: readonly Hook[] | undefined }
    | undefined;
  readonly linux?: { readonly namespaces?: readonly RememberedNamespace[] | undefined } | undefined;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

const objectOf = (fields: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(fields);
  return (value) => isObject(value) && checks.every(([name, check]) => check(value[name]));
};

const texts = optional(listOf(isText));

const isHook = objectOf({
  path: (path) => typeof path === "string" && path.startsWith("/"),
  args: texts,
  env: texts,
  timeout: optional((seconds) => Number.isSafeInteger(seconds)),
});

const isRememberedConfig = objectOf({
  ociVersion: isText,
  annotations: optional(mapOf(isText)),
  process: optional(objectOf({ args: texts })),
  hooks: optional(objectOf({ poststart: optional(listOf(isHook)), poststop: optional(listOf(isHook)) })),
  linux: optional(objectOf({ namespaces: optional(listOf(objectOf({ type: isText, path: optional(isText) }))) })),
});

/** Whether a value that was read is a config that was remembered. */
export function isRemembered(value: unknown): value is RememberedConfig {
  return isRememberedConfig(value);
}
