// Toolchains in the caller's home directory and elsewhere: what PATH and the usual variables name.
import { systemDirs } from "../../defaults/sandbox/places.ts";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Glance } from "./glance.ts";
import { askingOnce, findPath } from "./real-path.ts";
import { secretAt } from "./secrets.ts";

/** A variable that says where a toolchain is, and its place in the home directory where the variable is not set. */
interface Tool {
  readonly variable?: string;
  readonly home?: string;
  /** What beneath it programs need: a place may hold credentials beside. */
  readonly parts?: readonly string[];
}

const toolchains: readonly Tool[] = [
  { variable: "NVM_DIR", home: ".nvm" },
  { variable: "PYENV_ROOT", home: ".pyenv" },
  { variable: "RUSTUP_HOME", home: ".rustup" },
  { variable: "CARGO_HOME", home: ".cargo", parts: ["bin", "env"] },
  { variable: "GOROOT" },
  { variable: "GOPATH", home: "go", parts: ["bin"] },
  { variable: "PNPM_HOME", home: ".local/share/pnpm" },
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
  { home: ".local/bin" },
];

/** Variables that say which toolchain, and hold no secret. */
const choices = ["RUSTUP_TOOLCHAIN", "PYENV_VERSION", "VIRTUAL_ENV", "CONDA_PREFIX", "NODE_VERSION"];

/** What was found. */
interface Tools {
  /** Directories and files that can be read, by their names and where these lead. */
  readonly found: readonly { readonly path: string; readonly source: string }[];
  /** Variables for the programs. */
  readonly env: Readonly<Record<string, string>>;
  /** The caller's PATH. */
  readonly path: readonly string[];
}

function has(system: System, path: string): boolean {
  try {
    return system.stat(path).kind === "directory";
  } catch (error) {
    if (SystemError.is(error)) return false;
    throw error;
  }
}

const parentOf = (path: string): string => joinPath("/", path.slice(0, path.lastIndexOf("/")));

/** A directory of PATH, or the whole prefix that it is of: programs there need `../lib`. */
function prefixOf(system: System, path: string, homes: readonly string[]): string {
  const parent = parentOf(path);
  if (path.endsWith("/node_modules/.bin")) return parent;
  const isPrefix = path.endsWith("/bin") && ["lib", "libexec"].some((name) => has(system, joinPath(parent, name)));
  const isWide = homes.some((home) => isBeneath(home, parent) || parent === joinPath(home, ".local"));
  return isPrefix && !isWide && !has(system, joinPath(parent, ".git")) ? parent : path;
}

/** The caller's home directories, and what may be in them. */
interface Homes {
  readonly homes: readonly string[];
  readonly mayBe: Glance;
}

/** Finds the toolchains of the caller. */
function findTools(system: System, { homes, mayBe }: Homes): Tools {
  const { env } = system.caller;
  const path = (env.PATH ?? "").split(":").filter((dir) => dir.startsWith("/") && !dir.includes("/../"));
  const found = new Map<string, string>();
  const asked = askingOnce(system);
  const add = (name: string): boolean => {
    const real = mayBe(name) ? findPath(asked, name) : undefined;
    if (real !== undefined) found.set(name, real.path);
    return real !== undefined;
  };
  const told: Record<string, string> = {};
  for (const { variable, home, parts } of toolchains) {
    const value = variable === undefined ? undefined : env[variable];
    const dirs = value?.startsWith("/")
      ? [joinPath("/", value)]
      : home === undefined
        ? []
        : homes.map((one) => joinPath(one, home));
    for (const dir of dirs) {
      const isThere = parts === undefined ? add(dir) : parts.filter((part) => add(joinPath(dir, part))).length > 0;
      if (isThere && variable !== undefined && parts === undefined) told[variable] ??= dir;
    }
  }
  for (const dir of path) if (has(system, dir)) add(prefixOf(system, joinPath("/", dir), homes));
  for (const name of choices) if (env[name] !== undefined) told[name] = env[name];
  return { found: [...found].map(([name, source]) => ({ path: name, source })), env: told, path };
}

/** Toolchains that are no secrets, and of which the sandbox has nothing else. */
export function toolRules(
  system: System,
  { places, ...known }: Homes & { readonly places: readonly string[] },
  own: readonly PathRule[],
) {
  const { homes } = known;
  const { found, env, path } = findTools(system, known);
  const isSystem = (one: string): boolean => systemDirs.some((dir) => isBeneath(one, dir));
  const isOpen = (one: string): boolean =>
    secretAt(places, one) === undefined &&
    !["/", "/proc", "/dev", "/sys", "/etc", "/tmp", "/var", "/run", "/home"].includes(one) &&
    !homes.includes(one);
  const rules = found
    .filter(({ path: name, source }) => isOpen(name) && isOpen(source) && !(isSystem(name) && isSystem(source)))
    .filter(({ path: name }) => ruleFor(own, name) === undefined && !own.some((rule) => isBeneath(rule.path, name)))
    .map(({ path: name, source }): PathRule => ({ path: name, access: "read", source, from: "a toolchain" }));
  const isSeen = (one: string): boolean => isSystem(one) || ruleFor([...own, ...rules], one) !== undefined;
  const seen = path.filter((dir) => isSeen(dir));
  const told = Object.fromEntries(Object.entries(env).filter(([, value]) => !value.startsWith("/") || isSeen(value)));
  return { rules, env: { ...told, ...(seen.length > 0 ? { PATH: withSystem(seen).join(":") } : {}) } };
}

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const withSystem = (path: readonly string[]): readonly string[] => [...new Set([...path, ...systemPath])];
