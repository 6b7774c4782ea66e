// What a user gets: the files of the packed packages are these and no others.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { packAll } from "../../scripts/pack.ts";
import { repository } from "../helpers/build.ts";

const always = ["LICENSE", "README.md", "package.json"];

/** What modules of WebAssembly are compiled with. */
const headers = [
  "alloca",
  "assert",
  "direct",
  "limits",
  "math",
  "snapshot",
  "stdarg",
  "stdbool",
  "stddef",
  "stdint",
  "stdlib",
  "string",
  "tinyc",
  "wasm-rt",
];
const quiet = ["native/coffer-quiet-aarch64.so", "native/coffer-quiet-x86_64.so"];
const shim = [
  ...["answers.c", "compile.sh", "snapshot.sh", "entry.c", "libwasi-aarch64.a", "libwasi-x86_64.a"],
  ...headers.map((name) => `include/${name}.h`),
].map((name) => `native/wasm/${name}`);

/** The reviewed list: files by name; of `dist` the folders, whose files are those of `src` without what is for tests. */
const reviewed: Readonly<Record<string, { readonly files: readonly string[]; readonly folders: readonly string[] }>> = {
  spec: {
    files: always,
    folders: [
      ...["dist", "dist/config", "dist/config/linux", "dist/config/platforms"],
      ...["dist/documents", "dist/json", "dist/reading", "dist/values"],
    ],
  },
  core: {
    files: [...always, "native/coffer-helper-aarch64", "native/coffer-helper-x86_64", ...quiet, ...shim],
    folders: [
      "dist",
      "dist/api",
      "dist/audit",
      "dist/cgroup",
      "dist/criu",
      "dist/defaults",
      "dist/egress",
      "dist/explain",
      "dist/exposure",
      "dist/host",
      "dist/overlay",
      "dist/plan",
      "dist/policy",
      "dist/runtime",
      "dist/seccomp",
      "dist/system",
      "dist/verify",
      "dist/wasm",
      "dist/wire",
    ],
  },
  cli: {
    files: [
      ...always,
      "bin/coffer",
      "bin/coffer-oci",
      "bin/coffer-oci.js",
      "bin/coffer.js",
      "bundle/LICENSES.txt",
      "bundle/main.js",
      "bundle/verbs/completion.js",
      "bundle/verbs/existing.js",
      "bundle/verbs/judging.js",
      "bundle/verbs/making.js",
      "bundle/verbs/module-bundle.js",
      "bundle/verbs/overlays.js",
      "bundle/verbs/policy.js",
      "bundle/verbs/sandboxing.js",
      "bundle/verbs/wasm.js",
      "man/coffer-oci.8",
      "man/coffer.1",
      "schema/profile.json",
      "schema/settings.json",
    ],
    folders: ["dist/help", "dist/manual", "dist/table"],
  },
};

const work = mkdtempSync(join(tmpdir(), "cft-pack-"));
const unpacked = (name: string): string => join(work, name, "package");
let lists: ReadonlyMap<string, readonly string[]> = new Map();

test.before("the packages are packed", (t) => {
  t.timeout(120_000);
  const entries = [...packAll(work)].map(([name, file]): [string, readonly string[]] => {
    mkdirSync(join(work, name));
    execFileSync("tar", ["-xzf", file, "-C", join(work, name)]);
    const words = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n");
    return [name, words.map((path) => path.replace(/^package\//, ""))];
  });
  lists = new Map(entries);
});

test.after.always("the packages are removed", () => rmSync(work, { recursive: true, force: true }));

/** The folder of a file of `dist`: of core's only the first, as its rooms have folders of their own. */
const folderOf = (name: string, path: string): string =>
  name === "core" ? dirname(path).split("/").slice(0, 2).join("/") : dirname(path);

const readManifest = (name: string) => JSON.parse(readFileSync(join(unpacked(name), "package.json"), "utf8"));

for (const [name, { files, folders }] of Object.entries(reviewed)) {
  test(`${name}: the files are the reviewed ones`, (t) => {
    const paths = lists.get(name) ?? [];
    const built = paths.filter((path) => path.startsWith("dist/"));
    t.deepEqual(paths.filter((path) => !path.startsWith("dist/")).sort(), [...files].sort());
    t.deepEqual([...new Set(built.map((path) => folderOf(name, path)))].sort(), [...folders].sort());
    for (const path of built) {
      t.regex(path, name === "cli" ? /\.js$/ : /(\.js|\.d\.ts)$/);
      t.notRegex(path, /\.test\.|\/testing\/|system\/memory|\.map$/);
    }
  });

  test(`${name}: the manifest is for users, and names no file that is not there`, (t) => {
    const manifest = readManifest(name);
    t.is(manifest.license, "Apache-2.0");
    t.is(manifest.private, undefined);
    t.is(manifest.engines.node, readManifest("spec").engines.node);
    t.true(manifest.keywords.length >= 5);
    if (name !== "spec") t.deepEqual([manifest.os, manifest.cpu], [["linux"], ["x64", "arm64"]]);
    const text = JSON.stringify(manifest);
    t.false(text.includes("@coffer/source"));
    const named = text.match(/"\.\/[^"*]+\.(js|ts|json|1|8)"/g) ?? [];
    for (const path of named.map((word) => word.slice(3, -1))) t.true((lists.get(name) ?? []).includes(path), path);
  });

  test(`${name}: README.md has no link that leads nowhere, and wants nothing unpublished`, (t) => {
    const text = readFileSync(join(unpacked(name), "README.md"), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g))
      t.true((lists.get(name) ?? []).includes(target.replace(/#.*/, "")), target);
    t.notRegex(text, /\bnpx\b/);
  });
}

const optional = [...Object.entries({ "linux-x64": "x86_64", "linux-arm64": "aarch64" })];

for (const [name, arch] of optional) {
  test(`${name}: the native front, for this machine alone, without a script at its installation`, async (t) => {
    const paths = lists.get(name);
    if (paths === undefined) {
      t.log(`skipped: the native front for ${arch} is not built`);
      t.pass();
      return;
    }
    const programs = ["coffer", `coffer-helper-${arch}`];
    const libraries = [`coffer-quiet-${arch}.so`];
    t.deepEqual([...paths].sort(), [...always, "LICENSES.txt", "NOTICE", ...programs, ...libraries].sort());
    const { os, cpu, version, scripts, bin, dependencies } = readManifest(name);
    t.deepEqual([os, cpu], [["linux"], [name.replace("linux-", "")]]);
    t.deepEqual([scripts, bin, dependencies], [undefined, undefined, undefined]);
    t.is(readManifest("cli").optionalDependencies[`@coffer/${name}`], version);
    for (const program of programs) t.is(statSync(join(unpacked(name), program)).mode & 0o777, 0o755);
  });
}

test("README.md wants nothing from a registry that is not there", (t) => {
  t.notRegex(readFileSync(join(repository, "README.md"), "utf8"), /\bnpx\b|npm (i|install) (-g )?@?coffer/);
});

test("the archives of modules name nothing of the checkout that they were built in", (t) => {
  for (const name of ["libwasi-aarch64.a", "libwasi-x86_64.a"]) {
    const text = readFileSync(join(unpacked("core"), "native/wasm", name), "latin1");
    const folders = new Set([...text.matchAll(/\.zig-cache\/o\/([^/]+)\//g)].map(([, folder]) => folder));
    t.deepEqual([...folders], ["0".repeat(32)], name);
  }
});
