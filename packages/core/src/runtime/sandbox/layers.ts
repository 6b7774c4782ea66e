// What files of settings say of paths, and what of that a project's file may say.
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Standing } from "./accept/standing.ts";
import { refuseUngranted } from "./accept/standing.ts";
import type { FilesOptions } from "./files.ts";
import { deniedByName, shownByName } from "./named.ts";
import { notConnected, notShown } from "./profile/grants.ts";
import type { PathsOf } from "./profile/index.ts";
import { grantedSockets, socketRules } from "./sockets/find.ts";
import { isService } from "./sockets/names.ts";

/** The rules that show something. */
export interface NamedRules {
  readonly named: readonly PathRule[];
  /** Those of them that free a guarded name which they write. */
  readonly lifting: readonly PathRule[];
  /** Those of them that show sockets. */
  readonly sockets: readonly PathRule[];
}

/** The rules that show something, by whoever asks. What a project's file asks for has to be granted, by what it leads to. */
export function namedRules(
  runtime: Runtime,
  options: FilesOptions,
  known: { readonly tree: string; readonly secrets: readonly string[]; readonly places: readonly string[] },
): NamedRules {
  const { layers = [], sizes } = options;
  const shown = layers.map((layer) => {
    const { what, standing } = layer;
    const files = { ...layer.files, ...(sizes === undefined ? {} : { sizes }) };
    const asked = { places: known.places, isJudged: standing !== undefined, isFile: true };
    const from = (rule: PathRule): PathRule => ({ ...rule, from: whose(layer) });
    const [rules, sockets] = saidBy(what, () => [
      shownByName(runtime, files, asked).map(from),
      (files.sockets ?? []).map((word) => ({ word, rules: socketRules(runtime, [word], asked).map(from) })),
    ]);
    return { what, standing, rules, words: sockets, sockets: sockets.flatMap((one) => one.rules) };
  });
  for (const { what, standing, rules, words, sockets } of shown) {
    if (standing === undefined || rules.length + sockets.length === 0) continue;
    const granted = standing.grants.flatMap(({ read = [], write = [] }) => [...read, ...write]);
    const trusted = layers.filter((layer) => layer.standing === undefined);
    const deny = denyOf(options, trusted);
    const hidden = [...deniedByName(runtime, { deny }, [known.tree, ...granted]).values()];
    const project = { ...known, hidden };
    refuseUngranted(what, standing, (grants) => {
      const named = grants.map((one) => grantedSockets(runtime.system, one.sockets ?? []));
      // The socket of a service is elsewhere in each session.
      const reached = words.flatMap(({ word, rules: found }) =>
        notConnected(found, named, project).map((ask) => (isService(word) ? `"sockets" ${word}` : ask)),
      );
      return [...notShown(rules, grants, project), ...reached];
    });
  }
  const said = shownByName(runtime, options, known);
  const own = socketRules(runtime, options.sockets ?? [], { places: known.places, isFile: false });
  return {
    named: [...shown.flatMap(({ rules, sockets }) => [...rules, ...sockets]), ...said, ...own],
    sockets: [...shown.flatMap(({ sockets }) => sockets), ...own],
    lifting: [...shown.flatMap(({ standing, rules }) => rules.filter((rule) => lifts(rule, standing))), ...said],
  };
}

/** Who lets a sandbox have what a file says. */
const whose = ({ what, standing }: PathsOf): string =>
  standing?.accepted === undefined ? what : `${what}, which you have accepted`;

/** A project frees a guarded name only where the caller has granted or accepted that very name. */
function lifts({ source = "" }: PathRule, standing: Standing | undefined): boolean {
  if (standing === undefined) return true;
  const { grants, bounds, accepted } = standing;
  const isIn = (list: Standing["grants"]): boolean => list.every(({ write = [] }) => write.includes(source));
  return (grants.length > 0 && isIn(grants)) || (accepted?.includes(`"write" ${source}`) === true && isIn(bounds));
}

/** An error about a word of a file names the file. */
function saidBy<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!CofferError.is(error, "E_USAGE")) throw error;
    throw new CofferError("E_USAGE", `${quote(what)}: ${error.message}`, error.details, { cause: error });
  }
}

/** What is hidden by the caller's own words, and by files of settings. */
export const denyOf = ({ deny = [] }: FilesOptions, layers: readonly PathsOf[]): string[] => [
  ...layers.flatMap(({ files }) => files.deny ?? []),
  ...deny,
];
