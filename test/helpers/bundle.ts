import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { probe, refuseStale } from "./build.ts";
import { baseConfig } from "./config.ts";
import type { Json, Patch } from "./json.ts";
import { patched, toJson } from "./json.ts";

/** A directory of a test, and the bundle in it. Everything that belongs to the test has `tag` in its name. */
export type Bundle = {
  readonly tag: string;
  /** The test's own directory. */
  readonly base: string;
  /** The bundle. */
  readonly path: string;
  readonly rootfs: string;
  /** The runtime's state root. */
  readonly state: string;
  /** A host directory outside the rootfs that nothing may change. */
  readonly canary: string;
  readonly config: Json;
};

const directories = ["proc", "dev", "sys", "tmp", "etc", "mnt", "home"];

let count = 0;

/** Writes a bundle's config. */
export function writeConfig(bundle: Bundle, config: Json): void {
  writeFileSync(join(bundle.path, "config.json"), toJson(config));
}

function makeRootfs(rootfs: string): void {
  for (const name of directories) mkdirSync(join(rootfs, name), { recursive: true });
  chmodSync(join(rootfs, "tmp"), 0o1777);
  copyFileSync(probe(), join(rootfs, "probe"));
  chmodSync(join(rootfs, "probe"), 0o755);
  writeFileSync(join(rootfs, "etc", "motd"), "from the image\n");
}

/** What a test undoes at its end. */
export type Teardown = Pick<ExecutionContext, "teardown">;

/** Makes a bundle: the base config with a patch (`$BASE` in its strings is the test's directory, `$TAG` its tag). Removed with the test. */
export function makeBundle(t: Teardown, patch: Patch = {}): Bundle {
  refuseStale();
  const base = mkdtempSync(join(tmpdir(), `cft-${process.pid}-d`));
  chmodSync(base, 0o755);
  count += 1;
  const tag = `cft-${process.pid}-${count}`;
  const path = join(base, "bundle");
  const rootfs = join(path, "rootfs");
  makeRootfs(rootfs);
  const canary = join(base, "canary");
  mkdirSync(canary);
  writeFileSync(join(canary, "ptmx"), "canary\n");
  writeFileSync(join(canary, "file"), "canary\n");
  const withGroup = { "/linux/cgroupsPath": `/coffer-test/${tag}`, ...patch };
  const text = toJson(patched(baseConfig(), withGroup)).replaceAll("$BASE", base).replaceAll("$TAG", tag);
  const bundle = { tag, base, path, rootfs, canary, state: join(base, "state"), config: JSON.parse(text) };
  writeFileSync(join(path, "config.json"), text);
  t.teardown(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }));
  return bundle;
}

/** Every name beneath a directory; links are not followed. */
function namesBelow(directory: string, below = ""): readonly string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const name = join(below, entry.name);
    return entry.isDirectory() ? [name, ...namesBelow(directory, name)] : [name];
  });
}

/** Every file beneath a directory with what is known of it, for comparing before and after. */
export function census(directory: string): readonly string[] {
  const rows = namesBelow(directory).map((name) => {
    const s = lstatSync(join(directory, name));
    const size = s.isDirectory() ? "" : ` ${s.size} ${s.mtimeMs}`;
    return `${name} ${s.mode.toString(8)} ${s.uid}:${s.gid} ${s.ino}${size}`;
  });
  return [...rows].sort();
}
