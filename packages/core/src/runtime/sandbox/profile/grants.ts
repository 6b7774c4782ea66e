// What a project's file asks for beyond what its caller has granted. A project is somebody else's work: its file can always take
// away, and can give only what the caller's own settings let projects have.
import type { SandboxGrants } from "@coffer/spec";
import type { Sizes } from "../../../defaults/sandbox/mounts.ts";
import { defaultSizes } from "../../../defaults/sandbox/mounts.ts";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { isCovered, parseRule } from "../../../egress/rules.ts";
import { baseName, isBeneath } from "../../../paths.ts";
import type { Grants } from "../accept/standing.ts";
import { mayBeGuarded } from "../guards.ts";
import { isEnvFile } from "../secrets.ts";
import type { Layer } from "./layer.ts";

const isGranted = (grants: Grants, is: (one: SandboxGrants) => boolean): boolean =>
  grants.length > 0 && grants.every(is);

/**
 * What is asked for and granted by nobody, of all but paths: these are judged by what they lead to.
 *
 * @param own the sizes that the caller's own settings have
 */
export function notGranted(layer: Layer, grants: Grants, own: Sizes): readonly string[] {
  const { writable, files, keepEnv, network, what } = layer;
  const found: string[] = [];
  const need = (text: string, is: (one: SandboxGrants) => boolean): void => {
    if (!isGranted(grants, is)) found.push(text);
  };
  if (writable === true) need('"writable"', (one) => one.writable === true);
  // These are granted to no project: they can only be accepted.
  if (files.guards === false) found.push('"guards" false');
  // A fence has a process beside the sandbox: whether to have one is for the caller to say.
  if (files.fence !== undefined) found.push('"fence"');
  // Without a list it reaches whatever is public.
  if (network.mode === "user") found.push('"mode" user');
  for (const name of files.cache ?? []) need(`"cache" ${name}`, (one) => one.cache?.includes(name) === true);
  for (const name of keepEnv) need(`"keepEnv" ${name}`, (one) => one.keepEnv?.includes(name) === true);
  for (const host of network.allow ?? []) {
    const rule = parseRule(host, what);
    need(`"allow" ${host}`, ({ allow = [] }) => allow.some((by) => isCovered(rule, parseRule(by, "projects"))));
  }
  for (const port of network.hostPorts ?? [])
    need(`"hostPorts" ${port}`, (one) => one.hostPorts?.includes(port) === true);
  for (const port of network.publish ?? []) need(`"publish" ${port}`, (one) => one.publish?.includes(port) === true);
  for (const [path, size] of Object.entries(files.sizes ?? {}))
    if (size > (own[path] ?? defaultSizes[path] ?? 0))
      need(`"sizes" of ${path}`, ({ sizes = {} }) => Number(sizes[path] ?? 0) >= size);
  return found;
}

/** What is known of the tree that a project's file is in. */
export interface ProjectTree {
  /** Undefined: nothing of it counts as seen. */
  readonly tree: string | undefined;
  /** Where secrets are: absolute, without links. */
  readonly secrets: readonly string[];
  /** What the caller's own settings and flags hide: absolute, without links. */
  readonly hidden: readonly string[];
}

/** A path that a list has, with everything beneath; nothing of it that is hidden again. */
function isListed(path: string, list: readonly string[], hidden: readonly string[]): boolean {
  return list.some(
    (one) => isBeneath(path, one) && !hidden.some((deny) => isBeneath(path, deny) && !isBeneath(one, deny)),
  );
}

/** A grant around a secret does not name the secret: only one for the secret, or for a part of it, does. */
function isNamed(source: string, one: string, { secrets }: ProjectTree): boolean {
  const place = isEnvFile(baseName(source)) ? source : secrets.find((secret) => isBeneath(source, secret));
  return place === undefined || isBeneath(one, place);
}

/** Whether the sandbox sees it anyway, in the tree that it works in. */
function isOfTree(source: string, { tree, secrets, hidden }: ProjectTree): boolean {
  const isSecret = isEnvFile(baseName(source)) || secrets.some((at) => isBeneath(source, at) || isBeneath(at, source));
  return !isSecret && tree !== undefined && isListed(source, [tree], hidden);
}

function isShown({ source = "" }: PathRule, grants: Grants, project: ProjectTree): boolean {
  if (isOfTree(source, project)) return true;
  const { hidden } = project;
  return isGranted(grants, ({ read = [], write = [] }) =>
    isListed(
      source,
      [...read, ...write].filter((one) => isNamed(source, one, project)),
      hidden,
    ),
  );
}

/** A name that programs of the host act upon has to be granted itself: a tree around it lifts no guard. */
function isWritten({ source = "", path }: PathRule, grants: Grants, project: ProjectTree): boolean {
  const fits = (one: string): boolean =>
    isListed(source, [one], project.hidden) &&
    isNamed(source, one, project) &&
    !mayBeGuarded(source.slice(one.length)) &&
    (one === source || path === source);
  return isGranted(grants, ({ write = [] }) => write.some(fits));
}

/** The paths that a project's file asks for and that are not granted. */
export function notShown(rules: readonly PathRule[], grants: Grants, project: ProjectTree): readonly string[] {
  return rules.flatMap((rule) => {
    if (rule.access === "read" && !isShown(rule, grants, project)) return [`"read" ${rule.source}`];
    if (rule.access === "write" && !isWritten(rule, grants, project)) return [`"write" ${rule.source}`];
    return [];
  });
}

/**
 * The sockets that a project's file asks for and that are not granted. A grant for a directory grants no socket in it: whoever
 * listens there may do what no file can.
 *
 * @param granted of each of the grants: where its sockets are
 */
export function notConnected(
  sockets: readonly PathRule[],
  granted: readonly (readonly string[])[],
  project: ProjectTree,
): readonly string[] {
  const isNamed = (source: string): boolean => granted.length > 0 && granted.every((all) => all.includes(source));
  return sockets.flatMap(({ source = "" }) =>
    isOfTree(source, project) || isNamed(source) ? [] : [`"sockets" ${source}`],
  );
}
