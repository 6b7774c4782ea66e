// Packs the three packages: node scripts/pack.ts [DIRECTORY]     (default .cache/packages; run `npm run build` before)
//
// Each package is staged first, so that a package has nothing stale, nothing of the tests, and a manifest for users:
// the sources and the export condition of the checkout are left out, LICENSE and the man pages are put in.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["spec", "core", "cli"] as const;

type Json = Readonly<Record<string, unknown>>;

/** Sources that no user needs: tests, what tests share, and the port in memory. */
const isForTests = (path: string): boolean => /\.test\.ts$|(^|\/)(testing|test-data)\/|^system\/memory\.ts$/.test(path);

const sourcesOf = (folder: string): readonly string[] =>
  readdirSync(join(folder, "src"), { recursive: true })
    .map((path) => String(path))
    .filter((path) => path.endsWith(".ts") && !isForTests(path));

const isSource = (value: unknown): boolean => typeof value === "string" && value.startsWith("./src/");

/** Removes an export condition, and what a list says of sources. */
function without(condition: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !isSource(one));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => name !== condition);
  return Object.fromEntries(entries.map(([name, one]) => [name, without(condition, one)]));
}

const readManifest = (folder: string): Json => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/**
 * The manifest that users get. `private` keeps a package from being published without this script. `#main` is what the
 * programs run where there is no bundle.
 */
function manifestOf(name: string): Json {
  const { private: _private, imports, ...manifest } = readManifest(join(root, "packages", name));
  const { "#main": _main, ...rest } = Object.fromEntries(Object.entries(imports ?? {}));
  const { repository } = readManifest(root);
  const place = typeof repository === "object" ? { repository: { ...repository, directory: `packages/${name}` } } : {};
  const own = { ...manifest, ...(imports === undefined ? {} : { imports: rest }) };
  const entries = Object.entries(own).map(([key, value]) => [key, without("@coffer/source", value)]);
  return { ...Object.fromEntries(entries), ...place };
}

function stage(name: string, target: string): void {
  const folder = join(root, "packages", name);
  const copy = (from: string, to: string): void => cpSync(from, join(target, to), { recursive: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifestOf(name), null, 2)}\n`);
  copy(join(folder, "README.md"), "README.md");
  copy(join(root, "LICENSE"), "LICENSE");
  for (const path of sourcesOf(folder)) {
    const built = path.replace(/\.ts$/, "");
    for (const end of [".js", ".d.ts"]) {
      mkdirSync(join(target, "dist", dirname(path)), { recursive: true });
      copy(join(folder, "dist", built + end), join("dist", built + end));
    }
  }
  for (const extra of ["bin", "bundle", "native"])
    if (existsSync(join(folder, extra))) copy(join(folder, extra), extra);
  if (name === "cli") copy(join(root, "man"), "man");
}

/** Packs all packages into a directory; gives the paths, in the order in which they need each other. */
export function packAll(directory: string): readonly string[] {
  const work = mkdtempSync(join(tmpdir(), "coffer-pack-"));
  try {
    mkdirSync(directory, { recursive: true });
    return packages.map((name) => {
      const target = join(work, name);
      stage(name, target);
      const words = [join(root, "scripts/npm.mjs"), "pack", "--silent", "--pack-destination", directory];
      const file = execFileSync(process.execPath, words, { cwd: target, encoding: "utf8" }).trim();
      return join(directory, file);
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const path of packAll(resolve(process.argv[2] ?? join(root, ".cache/packages")))) console.log(path);
