// What files of settings say of paths, and what of that a project's file may say.
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { FilesOptions } from "./files.ts";
import { deniedByName, shownByName } from "./named.ts";
import type { Grants } from "./profile/grants.ts";
import { notConnected, notShown, refuseUngranted } from "./profile/grants.ts";
import type { PathsOf } from "./profile/index.ts";
import { grantedSockets, socketRules } from "./sockets/find.ts";

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
    const files = { ...layer.files, ...(sizes === undefined ? {} : { sizes }) };
    const asked = { places: known.places, isJudged: layer.grants !== undefined, isFile: true };
    const [rules, sockets] = saidBy(layer.what, () => [
      shownByName(runtime, files, asked),
      socketRules(runtime, files.sockets ?? [], asked),
    ]);
    const from = (rule: PathRule): PathRule => ({ ...rule, from: layer.what });
    return { ...layer, rules: rules.map(from), sockets: sockets.map(from) };
  });
  for (const { what, grants, rules, sockets } of shown) {
    if (grants === undefined || rules.length + sockets.length === 0) continue;
    const granted = grants.flatMap(({ read = [], write = [] }) => [...read, ...write]);
    const trusted = layers.filter((layer) => layer.grants === undefined);
    const deny = denyOf(options, trusted);
    const hidden = [...deniedByName(runtime, { deny }, [known.tree, ...granted]).values()];
    const project = { ...known, hidden };
    const named = grants.map((one) => grantedSockets(runtime.system, one.sockets ?? []));
    refuseUngranted(what, [...notShown(rules, grants, project), ...notConnected(sockets, named, project)]);
  }
  const said = shownByName(runtime, options, known);
  const own = socketRules(runtime, options.sockets ?? [], { places: known.places, isFile: false });
  return {
    named: [...shown.flatMap(({ rules, sockets }) => [...rules, ...sockets]), ...said, ...own],
    sockets: [...shown.flatMap(({ sockets }) => sockets), ...own],
    lifting: [...shown.flatMap(({ grants, rules }) => rules.filter((rule) => lifts(rule, grants))), ...said],
  };
}

/** A project frees a guarded name only where the caller has granted that very name. */
const lifts = ({ source = "" }: PathRule, grants: Grants | undefined): boolean =>
  grants === undefined || (grants.length > 0 && grants.every(({ write = [] }) => write.includes(source)));

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
