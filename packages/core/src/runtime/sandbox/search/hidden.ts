// What of the host's files a sandbox does not see although it is in what is shown.
import { shellWord } from "@coffer/spec";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../../errors.ts";
import { isBeneath, withParents } from "../../../paths.ts";
import type { Runtime } from "../../runtime.ts";
import type { FilesOptions } from "../files.ts";
import type { NamedRules } from "../layers.ts";
import { denyOf } from "../layers.ts";
import { deniedByName } from "../named.ts";
import type { Named } from "../secrets.ts";
import { secretAt } from "../secrets.ts";
import { shownAt } from "../seen.ts";
import { isGlob } from "./glob.ts";
import { commonest } from "./tree.ts";

/** Something of the host that a sandbox does not see, and the rule about it. */
export interface Hidden {
  /** By what it was found: the next sandbox looks there again. */
  readonly name: string;
  readonly rule: PathRule;
}

/** Rules that hide names of the host wherever they are shown. */
const hideNamed = (shown: readonly PathRule[], named: Named, from: string): readonly Hidden[] =>
  [...named].flatMap(([name, end]) =>
    shownAt(shown, end).map((path) => ({ name, rule: { path, access: "deny", from } as const })),
  );

/** The same for names without links. */
export const hide = (shown: readonly PathRule[], names: readonly string[], from: string): readonly Hidden[] =>
  hideNamed(shown, new Map(names.map((name) => [name, name])), from);

/** Whether somebody whom the caller trusts has named a socket. A project may show what is in its own tree, but open no service. */
export const isOpened = ({ sockets, lifting }: NamedRules, path: string): boolean =>
  [...sockets, ...lifting].some(({ source }) => source === path);

/**
 * What the caller itself may not look into. The sandbox could: it is the same user, and gives itself the right.
 *
 * @throws {CofferError} E_USAGE where the sandbox is to work in it
 */
export function closedPaths(
  { cwd }: FilesOptions,
  trees: readonly string[],
  closed: readonly string[],
  shown: readonly PathRule[],
): readonly Hidden[] {
  const around = closed.find((path) => isBeneath(cwd, path));
  if (around !== undefined && trees.some((tree) => isBeneath(around, tree))) {
    const message = `cannot search ${quote(around)} for what is to be hidden: you may not look into it`;
    throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint: `chmod u+rx ${shellWord(around)}` });
  }
  const within = closed.filter((path) => trees.some((tree) => isBeneath(path, tree)));
  return hide(shown, within, "you may not look into it, and the sandbox could let itself");
}

/** Secrets that were not named, and what the caller hides. */
export function hiddenPaths(
  runtime: Runtime,
  options: FilesOptions,
  secrets: { readonly places: Named; readonly env: readonly string[]; readonly ours: Named },
  named: readonly PathRule[],
  shown: readonly PathRule[],
): readonly Hidden[] {
  const all = [...secrets.places.values(), ...secrets.env];
  const ours = new Set(secrets.ours.values());
  // A rule about a tree that has a secret in it does not name the secret.
  const isNamed = (path: string): boolean =>
    named.some(
      ({ source }) =>
        source === path || (source !== undefined && isBeneath(path, source) && secretAt(all, source) !== undefined),
    );
  // Nor does whoever names a place of secrets name what Coffer keeps in it.
  const isNamedOurs = (path: string): boolean =>
    named.some(({ source }) => source !== undefined && isBeneath(source, path));
  const isHidden = (path: string): boolean => !(ours.has(path) ? isNamedOurs(path) : isNamed(path));
  const places = new Map([...secrets.places, ...secrets.ours].filter(([, path]) => isHidden(path)));
  const trees = shown.flatMap(({ source }) => source ?? []);
  const { layers = [] } = options;
  // Settings are for many directories: not each of these has every name.
  const bySettings = deniedByName(
    { ...runtime, warn: undefined },
    { deny: denyOf({ ...options, deny: [] }, layers) },
    trees,
  );
  const denied = new Map([...bySettings, ...deniedByName(runtime, options, trees)]);
  const unnamed = secrets.env.filter((path) => !isNamed(path));
  return [
    ...hideNamed(shown, places, "a well-known place of secrets"),
    ...hide(shown, unnamed, "most files of that name hold keys"),
    ...hideNamed(shown, denied, "--deny"),
  ];
}

/** What the caller itself hides by its path, and no rule shows something of again. */
export function shutDirs(runtime: Runtime, options: FilesOptions, trees: readonly string[]): readonly string[] {
  const trusted = (options.layers ?? []).filter(({ standing }) => standing === undefined);
  const deny = denyOf(options, trusted).filter((word) => !isGlob(word));
  const denied = [...deniedByName({ ...runtime, warn: undefined }, { deny }, []).values()];
  return denied.filter((dir) => !trees.some((tree) => isBeneath(tree, dir)));
}

/** So many paths are hidden one by one: each is an op of the plan. */
const mostHidden = 3000;

/**
 * Says how to hide more files than a plan can.
 *
 * @throws {CofferError} E_USAGE
 */
export function refuseManyHidden(hidden: readonly Hidden[]): void {
  if (hidden.length <= mostHidden) return;
  const paths = new Set(hidden.map(({ rule }) => rule.path));
  const above = [...paths].map((path) => withParents(path).slice(1));
  const alone = above.filter((dirs) => !dirs.some((dir) => paths.has(dir)));
  if (alone.length <= mostHidden) return;
  const dir = commonest(alone.map(([one = "/"]) => one));
  const message = `cannot hide ${alone.length} files such as .env one by one, at most ${mostHidden}: most are in ${quote(dir)}`;
  const hint = `--deny ${shellWord(dir)} hides a directory: first move them to one of their own if it has other files`;
  throw new CofferError("E_USAGE", message, { argument: "deny" }, { hint });
}
