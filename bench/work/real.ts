// A project like those that people have: the packages of this repository's own lock file, some hundred of them, without programs
// that are for one machine alone.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../test/helpers/build.ts";

type Json = Record<string, unknown>;

interface Locked extends Json {
  readonly version?: string;
  readonly link?: boolean;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

/** Half of all files of the repository's packages are this one's: the sources of a C library. */
const large = /^node_modules\/@zigc\//;
const top = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/;

const isTaken = ([path, { link, os, cpu }]: readonly [string, Locked]): boolean =>
  path.startsWith("node_modules/") && link !== true && os === undefined && cpu === undefined && !large.test(path);

/** A package without what is left out of those that it would be installed with. */
function without(entry: Locked, taken: ReadonlySet<string>): Locked {
  const { optionalDependencies, peerDependencies: _peers, peerDependenciesMeta: _meta, dev: _dev, ...rest } = entry;
  const kept = Object.entries(optionalDependencies ?? {}).filter(([name]) => taken.has(`node_modules/${name}`));
  return kept.length === 0 ? rest : { ...rest, optionalDependencies: Object.fromEntries(kept) };
}

/** Writes `package.json` and its lock file; gives how many packages there are. */
export function writeRealProject(directory: string): number {
  const { packages }: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
    readFileSync(join(repository, "package-lock.json"), "utf8"),
  );
  const entries = Object.entries(packages).filter(isTaken);
  const taken = new Set(entries.map(([path]) => path));
  const dependencies = Object.fromEntries(
    entries.flatMap(([path, { version }]) => {
      const name = top.exec(path)?.[1];
      return name === undefined ? [] : [[name, version]];
    }),
  );
  const manifest = { name: "real", version: "1.0.0", private: true, dependencies };
  const locked = Object.fromEntries(entries.map(([path, entry]) => [path, without(entry, taken)]));
  const lock = { name: "real", version: "1.0.0", lockfileVersion: 3, requires: true };
  const write = (name: string, value: object): void =>
    writeFileSync(join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
  write("package.json", manifest);
  write("package-lock.json", { ...lock, packages: { "": { ...manifest, private: undefined }, ...locked } });
  return entries.length;
}
