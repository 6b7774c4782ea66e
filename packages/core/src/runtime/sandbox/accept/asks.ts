// What a project's file asks for: all of it, and in words.
import { isBeneath } from "../../../paths.ts";
import type { Runtime } from "../../runtime.ts";
import { shownByName } from "../named.ts";
import { notConnected, notGranted, notShown } from "../profile/grants.ts";
import type { Layer } from "../profile/layer.ts";
import { homesOf, placesThere, secretPlaces } from "../secrets.ts";
import { grantedSockets, socketRules } from "../sockets/find.ts";
import { isService } from "../sockets/names.ts";
import type { Grants } from "./standing.ts";

/** What is granted already, and the tree that can be read anyway. */
export interface Known {
  readonly cwd: string;
  readonly grants: Grants;
  readonly tree?: string;
}

/** Where secrets are, there or not. */
function placesIn({ system }: Runtime, cwd: string) {
  const known = secretPlaces(system, cwd, homesOf(system));
  const secrets = [...placesThere(system, known).values()];
  return { secrets, places: [...known, ...secrets] };
}

/**
 * Everything that layers ask for beyond some grants, by what their paths lead to.
 *
 * @throws {CofferError} E_USAGE for a path that is missing
 */
export function asksOf(runtime: Runtime, layers: readonly Layer[], { cwd, grants, tree }: Known): readonly string[] {
  const { system } = runtime;
  const { secrets, places } = placesIn(runtime, cwd);
  const how = { places, isJudged: true, isFile: true };
  const project = { tree, secrets, hidden: [] };
  const granted = grants.map(({ sockets = [] }) => grantedSockets(system, sockets));
  const isGranted = (word: string): boolean =>
    grants.length > 0 && grants.every(({ sockets = [] }) => sockets.includes(word));
  const socketsOf = (word: string): readonly string[] => {
    // A session that has the service comes later.
    if (isService(word)) return isGranted(word) ? [] : [`"sockets" ${word}`];
    return notConnected(socketRules(runtime, [word], how), granted, project);
  };
  const found = layers.flatMap((layer) => {
    const { sizes = {}, sockets = [] } = layer.files;
    const none = Object.fromEntries(Object.keys(sizes).map((path) => [path, 0]));
    return [
      ...notGranted(layer, grants, none),
      ...notShown(shownByName(runtime, layer.files, how), grants, project),
      ...sockets.flatMap(socketsOf),
    ];
  });
  return [...new Set(found)];
}

/** What each kind of ask lets commands do. */
const sentences: Readonly<Record<string, (word: string) => string>> = {
  writable: () => "write the tree of the project; hooks and settings that programs of the host run stay as they are",
  guards: () => "change hooks and settings that programs of the host run",
  fence: () => "have a supervisor beside the sandbox, or none",
  mode: () => "reach every public host by a user-mode network, unless hosts are listed",
  cache: (name) => `write the downloads of ${name}, which you and other sandboxes use`,
  keepEnv: (name) => `see the value of your variable ${name}`,
  allow: (host) => `connect to ${host}`,
  hostPorts: (port) => `connect to port ${port} of your loopback interface`,
  publish: (port) => `be reached at port ${port}`,
  sizes: (path) => `fill more memory than usual in ${path.slice("of ".length)}`,
  read: (path) => `read ${path}`,
  write: (path) => `write ${path}`,
  sockets: (path) => `connect to the socket ${path}, and so use what listens there`,
};

/** What an ask lets commands do, as a line. */
export function sayAsk(ask: string, secrets: readonly string[]): string {
  const [, field = "", word = ""] = /^"(\w+)" ?(.*)$/s.exec(ask) ?? [];
  const said = sentences[field]?.(word) ?? ask;
  const isSecret = (field === "read" || field === "write") && secrets.some((at) => isBeneath(word, at));
  return isSecret ? `${said}, where secrets are` : said;
}

/** The secret places that there are. */
export const secretsIn = (runtime: Runtime, cwd: string): readonly string[] => placesIn(runtime, cwd).secrets;
