// Profiles that everybody has, for what projects of a kind need besides their own files.
import type { SandboxProfile } from "@coffer/spec";

const mebi = 1024 * 1024;

// Yarn 1 asks its own name of the same registry, and its lock files have that name.
const npm: readonly string[] = ["registry.npmjs.org:443", "registry.yarnpkg.com:443"];
const pypi: readonly string[] = ["pypi.org:443", "files.pythonhosted.org:443"];
const crates: readonly string[] = ["index.crates.io:443", "static.crates.io:443"];
const modules: readonly string[] = ["proxy.golang.org:443", "sum.golang.org:443"];

// The central repository has two names. The portal of Gradle's plugins sends whoever asks for a file to the fourth.
const maven: readonly string[] = [
  "repo.maven.apache.org:443",
  "repo1.maven.org:443",
  "plugins.gradle.org:443",
  "plugins-artifacts.gradle.org:443",
];

const reach = (...hosts: readonly (readonly string[])[]): SandboxProfile => ({ network: { allow: hosts.flat() } });

/** The profiles by their names. */
export const builtIn = {
  /** Node: the public registry of packages, and the name that Yarn 1 has for it. */
  node: reach(npm),
  /** Python: the public index of packages. */
  python: reach(pypi),
  /** Rust: the public registry of crates. */
  rust: reach(crates),
  /** Go: the public proxy of modules and its checksums. */
  go: reach(modules),
  /** Java: Maven's central repository, and the portal of Gradle's plugins. */
  java: reach(maven),
  /** A program that writes code: the tree is writable, and nothing can be reached but what other settings add. */
  agent: { writable: true, limits: { pids: 4096 } },
  /** A build without network: the tree is writable. */
  build: { writable: true },
  /** A browser without a window: room for its shared memory. */
  browser: { sizes: { "/dev/shm": 1024 * mebi } },
  /** Installing packages, with the scripts that packages bring: the tree is writable, and the public registries can be reached. */
  install: { writable: true, ...reach(npm, pypi, crates, modules, maven) },
} as const satisfies Readonly<Record<string, SandboxProfile>>;

/** The name of a built-in profile. */
export type BuiltInName = keyof typeof builtIn;

/** Whether a built-in profile has that name. */
export const isBuiltIn = (word: string): word is BuiltInName => Object.hasOwn(builtIn, word);
