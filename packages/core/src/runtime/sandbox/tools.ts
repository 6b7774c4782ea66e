// Toolchains in the caller's home directory and elsewhere: what PATH and the usual variables name.
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { systemDirs } from "../../defaults/sandbox/places.ts";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Glance } from "./kept/glance.ts";
import { askingOnce, findPath, wayTo } from "./real-path.ts";
import { secretAt } from "./secrets.ts";
import { linkOut } from "./seen.ts";

/** A variable that says where a toolchain is, and its place in the home directory where the variable is not set. */
interface Tool {
  readonly variable?: string;
  readonly home?: string;
  /** What beneath it programs need: a place may hold credentials beside. */
  readonly parts?: readonly string[];
  /** What beneath it programs write: an empty directory is there. Where the host has none, the variable is not told. */
  readonly written?: string;
}

const toolchains: readonly Tool[] = [
  { variable: "NVM_DIR", home: ".nvm" },
  { variable: "PYENV_ROOT", home: ".pyenv" },
  { variable: "RUSTUP_HOME", home: ".rustup" },
  { variable: "CARGO_HOME", home: ".cargo", parts: ["bin", "env"] },
  { variable: "GOROOT" },
  { variable: "GOPATH", home: "go", parts: ["bin"] },
  { variable: "PNPM_HOME", home: ".local/share/pnpm", written: "store" },
  { variable: "BUN_INSTALL", home: ".bun", parts: ["bin"] },
  { variable: "DENO_INSTALL", home: ".deno", parts: ["bin"] },
  { variable: "VOLTA_HOME", home: ".volta" },
  { variable: "ASDF_DATA_DIR", home: ".asdf" },
  { variable: "MISE_DATA_DIR", home: ".local/share/mise" },
  { variable: "FNM_DIR", home: ".local/share/fnm" },
  { variable: "RBENV_ROOT", home: ".rbenv" },
  { variable: "SDKMAN_DIR", home: ".sdkman", parts: ["candidates"] },
  { variable: "JAVA_HOME" },
  { variable: "UV_PYTHON_INSTALL_DIR", home: ".local/share/uv/python" },
  { variable: "UV_TOOL_DIR", home: ".local/share/uv/tools" },
  { variable: "PIPX_HOME", home: ".local/share/pipx" },
  // Browsers that test runners have downloaded.
  { variable: "PLAYWRIGHT_BROWSERS_PATH", home: ".cache/ms-playwright" },
  { variable: "PUPPETEER_CACHE_DIR", home: ".cache/puppeteer" },
  { variable: "CYPRESS_CACHE_FOLDER", home: ".cache/Cypress" },
  { home: ".local/bin" },
];

/** Variables that say which toolchain, and hold no secret. */
const choices = ["RUSTUP_TOOLCHAIN", "PYENV_VERSION", "VIRTUAL_ENV", "CONDA_PREFIX", "NODE_VERSION"];

/** What was found. */
interface Tools {
  /** Directories and files that can be read, by their names and where these lead. */
  readonly found: readonly { readonly path: string; readonly source: string }[];
  /** Directories that programs write, by their names. */
  readonly written: readonly string[];
  /** Variables for the programs. */
  readonly env: Readonly<Record<string, string>>;
  /** The caller's PATH. */
  readonly path: readonly string[];
}

/** Which of these paths are directories. */
function directoriesIn(system: System, paths: readonly string[]): ReadonlySet<string> {
  const kinds = system.kindsOf(paths);
  return new Set(paths.filter((_, index) => kinds[index] === "directory"));
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
const within = (dir: string, name: string): string => (dir === "/" ? `/${name}` : `${dir}/${name}`);

/** What tells whether the parent of a directory `bin` is a prefix. */
const besides = ["lib", "libexec", ".git"] as const;

/** The directories of PATH that there are, or the whole prefix that one is of: programs there need `../lib`. */
function prefixesOf(system: System, path: readonly string[], homes: readonly string[]): readonly string[] {
  const there = directoriesIn(system, path);
  const dirs = path.filter((dir) => there.has(dir)).map((dir) => joinPath("/", dir));
  const beside = (dir: string, name: string): string => within(parentOf(dir), name);
  const bins = dirs.filter((dir) => dir.endsWith("/bin"));
  const known = directoriesIn(
    system,
    bins.flatMap((dir) => besides.map((name) => beside(dir, name))),
  );
  return dirs.map((dir) => {
    const parent = parentOf(dir);
    if (dir.endsWith("/node_modules/.bin")) return parent;
    const isPrefix = known.has(beside(dir, "lib")) || known.has(beside(dir, "libexec"));
    const isWide = homes.some((home) => isBeneath(home, parent) || parent === within(home, ".local"));
    return dir.endsWith("/bin") && isPrefix && !isWide && !known.has(beside(dir, ".git")) ? parent : dir;
  });
}

/** The caller's home directories, and what may be in them. */
interface Homes {
  readonly homes: readonly string[];
  readonly mayBe: Glance;
}

const storesOf = ({ written }: Tool, dir: string): readonly string[] =>
  written === undefined ? [] : [within(dir, written)];

/** Finds the toolchains of the caller. */
function findTools(system: System, { homes, mayBe }: Homes): Tools {
  const { env } = system.caller;
  const path = (env.PATH ?? "").split(":").filter((dir) => dir.startsWith("/") && !dir.includes("/../"));
  const found = new Map<string, string>();
  const dirsOf = ({ variable, home }: Tool): readonly string[] => {
    const value = variable === undefined ? undefined : env[variable];
    if (value?.startsWith("/")) return [joinPath("/", value)];
    return home === undefined ? [] : homes.map((one) => within(one, home));
  };
  const prefixes = prefixesOf(system, path, homes);
  const places = toolchains.flatMap((tool) =>
    dirsOf(tool).flatMap((dir) => tool.parts?.map((part) => within(dir, part)) ?? [dir]),
  );
  const stores = toolchains.flatMap((tool) => dirsOf(tool).flatMap((dir) => storesOf(tool, dir)));
  const asked = askingOnce(system, [...[...places, ...stores].filter(mayBe), ...prefixes]);
  const add = (name: string): boolean => {
    const real = mayBe(name) ? findPath(asked, name) : undefined;
    // A sandbox may have put the link there, where it could write.
    const isOwn = real !== undefined && (real.path === name || linkOut(system, wayTo(system, name)) === undefined);
    if (isOwn) found.set(name, real.path);
    return isOwn;
  };
  const isWritten = (name: string): boolean =>
    mayBe(name) && optional(() => asked.stat(name, { follow: false }))?.kind === "directory";
  const told: Record<string, string> = {};
  const written: string[] = [];
  for (const tool of toolchains) {
    const { variable, parts } = tool;
    for (const dir of dirsOf(tool)) {
      const isThere = parts === undefined ? add(dir) : parts.filter((part) => add(within(dir, part))).length > 0;
      const own = storesOf(tool, dir);
      if (!isThere || !own.every(isWritten)) continue;
      written.push(...own);
      if (variable !== undefined && parts === undefined) told[variable] ??= dir;
    }
  }
  for (const dir of prefixes) add(dir);
  for (const name of choices) if (env[name] !== undefined) told[name] = env[name];
  return { found: [...found].map(([name, source]) => ({ path: name, source })), written, env: told, path };
}

interface ToolOptions extends Homes {
  readonly places: readonly string[];
  /** Of what programs write in a toolchain: as large as the home directory. */
  readonly size?: number | undefined;
}

/** Toolchains that are no secrets, and of which the sandbox has nothing else. */
export function toolRules(
  system: System,
  { places, size = defaultSizes["/home"] ?? 0, ...known }: ToolOptions,
  own: readonly PathRule[],
) {
  const { homes } = known;
  const { found, written, env, path } = findTools(system, known);
  const isSystem = (one: string): boolean => systemDirs.some((dir) => isBeneath(one, dir));
  const isOpen = (one: string): boolean =>
    secretAt(places, one) === undefined &&
    !["/", "/proc", "/dev", "/sys", "/etc", "/tmp", "/var", "/run", "/home"].includes(one) &&
    !homes.includes(one);
  const rules = found
    .filter(({ path: name, source }) => isOpen(name) && isOpen(source) && !(isSystem(name) && isSystem(source)))
    .filter(({ path: name }) => ruleFor(own, name) === undefined && !own.some((rule) => isBeneath(rule.path, name)))
    .map(({ path: name, source }): PathRule => ({ path: name, access: "read", source, from: "a toolchain" }));
  const stores = written
    .filter((store) => ruleFor(rules, store) !== undefined && ruleFor(own, store) === undefined)
    .map((path): PathRule => ({ path, access: "tmp", size, from: "a toolchain" }));
  const isSeen = (one: string): boolean => isSystem(one) || ruleFor([...own, ...rules], one) !== undefined;
  const seen = path.filter((dir) => isSeen(dir));
  const told = Object.fromEntries(Object.entries(env).filter(([, value]) => !value.startsWith("/") || isSeen(value)));
  return {
    rules: [...rules, ...stores],
    env: { ...told, ...(seen.length > 0 ? { PATH: withSystem(seen).join(":") } : {}) },
  };
}

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const withSystem = (path: readonly string[]): readonly string[] => [...new Set([...path, ...systemPath])];
