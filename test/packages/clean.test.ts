// Two releases that are built from nothing, in directories of different names, are the same to the byte.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { npm } from "../helpers/callers/npm.ts";
import { kept } from "../helpers/kept.ts";
import { needs } from "../helpers/needs.ts";

/** What the result depends on, besides this machine's tools. */
const inputs = [
  "helper-c",
  "build.zig",
  "man",
  "packages/spec/src",
  "packages/core/src",
  "packages/cli/src",
  "packages/cli/bin",
  "scripts",
  "package.json",
  "package-lock.json",
  "NOTICE",
  "test/packages/clean.test.ts",
];

/** The packages of this checkout: the copy has its own. */
const own: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "@coffer": [
    ["spec", "../../packages/spec"],
    ["core", "../../packages/core"],
  ],
};

/** Links to the installed packages: those of all, and those of one of our own. */
function linkModules(copy: string): void {
  const modules = join(repository, "node_modules");
  mkdirSync(join(copy, "node_modules"));
  for (const name of readdirSync(modules))
    if (own[name] === undefined && name !== "coffer")
      symlinkSync(join(modules, name), join(copy, "node_modules", name));
  for (const [scope, links] of Object.entries(own)) {
    mkdirSync(join(copy, "node_modules", scope));
    for (const [name, target] of links) symlinkSync(target, join(copy, "node_modules", scope, name));
  }
  for (const name of readdirSync(join(copy, "packages"))) {
    const ofPackage = join("packages", name, "node_modules");
    if (existsSync(join(repository, ofPackage))) symlinkSync(join(repository, ofPackage), join(copy, ofPackage));
  }
}

/** Copies what git knows of the checkout. */
function copySources(copy: string): void {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  for (const path of list.split("\0").filter((one) => one !== "" && existsSync(join(repository, one)))) {
    mkdirSync(join(copy, dirname(path)), { recursive: true });
    copyFileSync(join(repository, path), join(copy, path));
  }
}

function makeCopy(copy: string): string {
  mkdirSync(copy);
  copySources(copy);
  linkModules(copy);
  return copy;
}

async function build(t: ExecutionContext, copy: string): Promise<string> {
  const archive = join(repository, ".cache/front/quickjs_2025.04.26.orig.tar.xz");
  const env = {
    ZIG_GLOBAL_CACHE_DIR: join(copy, "global"),
    SOURCE_DATE_EPOCH: "1577836800",
    ...(existsSync(archive) ? { QUICKJS_TAR: archive } : {}),
  };
  const { exitCode, stdout, stderr } = await npm(["run", "--silent", "package"], {
    cwd: copy,
    env,
    timeoutMs: 1_700_000,
  });
  t.is(exitCode, 0, `${stdout}\n${stderr}`);
  return readFileSync(join(copy, ".cache/release/SHA256SUMS"), "utf8");
}

test.serial("two clean builds of a release are the same", async (t) => {
  t.timeout(3_600_000);
  if (!(await needs(t, "native-front"))) return;
  const work = mkdtempSync(join(tmpdir(), "cft-clean-"));
  t.teardown(() => rmSync(work, { recursive: true, force: true }));
  await kept(t, inputs, async () => {
    const copies = ["one", "another name"].map((name) => makeCopy(join(work, name)));
    const [first = "", second = ""] = [await build(t, copies[0] ?? ""), await build(t, copies[1] ?? "")];
    t.regex(first, /_amd64\.deb\n/);
    t.is(second, first);
  });
});
