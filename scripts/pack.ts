// Packs the packages: node scripts/pack.ts [DIRECTORY]     (default .cache/packages; run `npm run build` before)
//
// Spec, core and cli, and the native front for each machine that it was built for (`npm run front -- --all`). A package of
// the native front has `os` and `cpu`, is optional for cli, and has no install script: packages/cli/bin/coffer finds it.
// Each package is staged first, so that it has nothing stale and nothing of the tests. Its manifest is for users: the
// sources and the export condition of the checkout are left out, LICENSE and the man pages are put in.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["spec", "core", "cli"] as const;

/** A machine that there may be a native front for: its name in folders, and npm's. */
interface Platform {
  readonly arch: string;
  readonly cpu: string;
}

const platforms: readonly Platform[] = [
  { arch: "x86_64", cpu: "x64" },
  { arch: "aarch64", cpu: "arm64" },
];

const nameOf = ({ cpu }: Platform): string => `@coffer/linux-${cpu}`;
const programsOf = ({ arch }: Platform): string => join(root, "packages/cli/native", arch);

/** The platforms whose native front is built. */
const builtPlatforms = (): readonly Platform[] => platforms.filter((one) => existsSync(programsOf(one)));

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
  const own = {
    ...manifest,
    ...(imports === undefined ? {} : { imports: rest }),
    ...(name === "cli" ? { optionalDependencies: optionalOf(manifest) } : {}),
  };
  const entries = Object.entries(own).map(([key, value]) => [key, without("@coffer/source", value)]);
  return { ...Object.fromEntries(entries), ...place };
}

/** The native fronts, in the version of the package that they belong to. */
const optionalOf = ({ version }: Json): Json =>
  Object.fromEntries(builtPlatforms().map((platform) => [nameOf(platform), version]));

/** Built folders that belong to a package. */
const extrasOf: Readonly<Record<string, readonly string[]>> = { core: ["native"], cli: ["bundle", "schema"] };

/** Stages the native front for a machine. */
function stagePlatform(platform: Platform, target: string): void {
  const { version, license } = readManifest(join(root, "packages/cli"));
  const manifest = {
    name: nameOf(platform),
    version,
    description: `Coffer's native front for Linux on ${platform.arch}: coffer without Node`,
    keywords: ["coffer", "container", "oci", "runtime", "sandbox", "linux"],
    license,
    os: ["linux"],
    cpu: [platform.cpu],
    // yarn keeps packages as archives otherwise, and a program in one cannot be executed.
    preferUnplugged: true,
  };
  const programs = ["coffer", `coffer-helper-${platform.arch}`];
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(target, "README.md"),
    `# ${manifest.name}\n\n${manifest.description}. The package \`coffer\` installs it and runs it.\n\nApache License 2.0.\n`,
  );
  for (const name of ["LICENSE", "NOTICE"]) cpSync(join(root, name), join(target, name));
  cpSync(join(root, "packages/cli/native/LICENSES.txt"), join(target, "LICENSES.txt"));
  for (const name of programs) {
    cpSync(join(programsOf(platform), name), join(target, name));
    chmodSync(join(target, name), 0o755);
  }
  const quiet = `coffer-quiet-${platform.arch}.so`;
  cpSync(join(programsOf(platform), quiet), join(target, quiet));
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
  for (const extra of extrasOf[name] ?? []) copy(join(folder, extra), extra);
  if (name !== "cli") return;
  copy(join(root, "man"), "man");
  // One of them is a link to another, and npm packs no links.
  mkdirSync(join(target, "bin"));
  for (const file of readdirSync(join(folder, "bin")))
    copyFileSync(join(folder, "bin", file), join(target, "bin", file));
}

/** What is packed: its short name, and how it is staged. */
const all = (): readonly (readonly [string, (target: string) => void])[] => [
  ...packages.map((name) => [name, (target: string) => stage(name, target)] as const),
  ...builtPlatforms().map(
    (platform) => [`linux-${platform.cpu}`, (target: string) => stagePlatform(platform, target)] as const,
  ),
];

/** Packs all packages into a directory; gives their paths by their short names, in the order in which they need each other. */
export function packAll(directory: string): ReadonlyMap<string, string> {
  const work = mkdtempSync(join(tmpdir(), "coffer-pack-"));
  try {
    mkdirSync(directory, { recursive: true });
    const packed = all().map(([name, stageIt]): [string, string] => {
      const target = join(work, name);
      stageIt(target);
      const words = [join(root, "scripts/npm.mjs"), "pack", "--silent", "--pack-destination", directory];
      const file = execFileSync(process.execPath, words, { cwd: target, encoding: "utf8" }).trim();
      return [name, join(directory, file)];
    });
    return new Map(packed);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const path of packAll(resolve(process.argv[2] ?? join(root, ".cache/packages"))).values()) console.log(path);
