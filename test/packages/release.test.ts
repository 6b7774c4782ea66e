// A release: what is in its files, that they install and run, and that NOTICE, the SBOM and the programs name the same parts.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { bundleFront } from "../../scripts/front/bundle.mjs";
import { makeRelease } from "../../scripts/package/main.ts";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { makeRoot, runInRoot } from "../helpers/root.ts";

const work = mkdtempSync(join(tmpdir(), "cft-release-"));
const directory = join(work, "release");
const machine = process.arch === "arm64" ? "arm64" : "amd64";
const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
let names: readonly string[] = [];

const read = (name: string): Buffer => readFileSync(join(directory, name));
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const find = (end: string): string => join(directory, names.find((name) => name.endsWith(end)) ?? end);

/** Makes the release once, where the native front is built. */
async function hasRelease(t: ExecutionContext): Promise<boolean> {
  t.timeout(300_000);
  if (!(await needs(t, "native-front"))) return false;
  if (names.length === 0) names = makeRelease(directory, [arch]);
  return true;
}

test.after.always("the release is removed", () => rmSync(work, { recursive: true, force: true }));

/** Runs a program that has to succeed. */
async function ok(t: ExecutionContext, argv: readonly string[], cwd = work): Promise<string> {
  const { stdout, stderr, exitCode } = await command(argv, { cwd, timeoutMs: 60_000 });
  t.is(exitCode, 0, `${argv.join(" ")}: ${stderr}`);
  return stdout;
}

test.serial("SHA256SUMS has every file", async (t) => {
  if (!(await hasRelease(t))) return;
  await ok(t, ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], directory);
  const lines = read("SHA256SUMS").toString().trim().split("\n");
  t.deepEqual(
    lines.map((line) => line.slice(66)),
    readdirSync(directory)
      .filter((name) => name !== "SHA256SUMS")
      .sort(),
  );
});

test.serial("the Debian package installs in an empty root, is what it says, and runs there", async (t) => {
  if (!(await needs(t, "root", "busybox")) || !(await hasRelease(t))) return;
  const root = makeRoot(join(work, "root"));
  const deb = find(`_${machine}.deb`);
  const contents = await ok(t, ["dpkg-deb", "--contents", deb]);
  for (const line of contents.trim().split("\n")) t.regex(line, /^[dl-]rw.r[w-][x-]r[w-][x-] root\/root /);
  for (const directoryOfDpkg of ["var/lib/dpkg/updates", "var/lib/dpkg/info"])
    mkdirSync(join(root, directoryOfDpkg), { recursive: true });
  await ok(t, ["touch", join(root, "var/lib/dpkg/status"), join(root, "var/lib/dpkg/available")]);
  await ok(t, ["dpkg", `--root=${root}`, "--log=/dev/null", "--install", deb]);
  t.is(await ok(t, ["dpkg", `--root=${root}`, "--verify", "coffer"]), "");
  t.regex(await ok(t, ["mandoc", "-T", "utf8", join(root, "usr/share/man/man1/coffer.1.gz")]), /coffer/);
  t.regex(await ok(t, ["bash", "-n", join(root, "usr/share/bash-completion/completions/coffer")]), /^$/);
  t.regex(
    readFileSync(join(root, "usr/share/coffer/apparmor/coffer"), "utf8"),
    /profile coffer \/usr\/libexec\/coffer\/coffer-helper flags=\(unconfined\) \{ userns, \}\n$/,
  );
  const inside = async (...argv: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await runInRoot(root, argv);
    t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" }, argv.join(" "));
    return stdout;
  };
  t.regex(await inside("/usr/bin/coffer-oci", "--version"), /^coffer-oci version \d/);
  t.regex(await inside("/usr/bin/coffer", "doctor"), /^ok {7}front: native, without Node$/m);
  t.is(await inside("/usr/bin/coffer", "sandbox", "--", "/bin/busybox", "echo", "hello"), "hello\n");
});

test.serial("the tarball runs where it is unpacked", async (t) => {
  if (!(await needs(t, "root")) || !(await hasRelease(t))) return;
  const place = join(work, "a place");
  mkdirSync(place);
  await ok(t, ["tar", "-xf", find(`-${arch}.tar.xz`), "-C", place, "--strip-components=1"]);
  t.deepEqual(readdirSync(place).sort(), [
    "LICENSE",
    "LICENSES.txt",
    "NOTICE",
    "README.md",
    "coffer",
    `coffer-helper-${arch}`,
    "coffer-oci",
    `coffer-quiet-${arch}.so`,
    "completion",
    "man",
  ]);
  t.is(await ok(t, [join(place, "coffer"), "sandbox", "--", "echo", "hello"], place), "hello\n");
  t.regex(await ok(t, [join(place, "coffer-oci"), "--version"], "/"), /^coffer-oci version/);
});

/** The names that NOTICE has for licenses. */
const licenseNames: Readonly<Record<string, string>> = {
  MIT: "MIT License",
  "Apache-2.0": "Apache License 2.0",
  "(MIT OR Apache-2.0 OR Apache-2.0 WITH LLVM-exception) AND MIT AND BSD-2-Clause":
    "MIT License, Apache License 2.0, or Apache License 2.0 with LLVM Exceptions; BSD 2-Clause License",
};

type Packages = readonly {
  readonly name: string;
  readonly SPDXID: string;
  readonly versionInfo: string;
  readonly licenseDeclared: string;
  readonly copyrightText: string;
  readonly checksums?: readonly { readonly checksumValue: string }[];
}[];

interface Document {
  readonly packages: Packages;
  readonly files: readonly {
    readonly SPDXID: string;
    readonly fileName: string;
    readonly checksums: readonly { readonly checksumValue: string }[];
  }[];
  readonly relationships: readonly { readonly spdxElementId: string; readonly relatedSpdxElement: string }[];
}

const readSbom = (): Document => JSON.parse(readFileSync(find(".spdx.json"), "utf8"));

test.serial("the SBOM and NOTICE name the same parts, with the same licenses and holders", async (t) => {
  if (!(await hasRelease(t))) return;
  const notice = readFileSync(join(repository, "NOTICE"), "utf8").replace(/\s+/g, " ");
  const [, ...parts] = readSbom().packages;
  t.true(parts.length >= 7);
  for (const { name, licenseDeclared, copyrightText } of parts) {
    t.true(notice.includes(`${name} `), `NOTICE lacks ${name}`);
    t.true(notice.includes(`${licenseNames[licenseDeclared]}`), `${name}: ${licenseDeclared}`);
    for (const holder of copyrightText.split(/, (?=Copyright)/)) t.true(notice.includes(holder), `${name}: ${holder}`);
  }
  const named = readFileSync(join(repository, "NOTICE"), "utf8").match(/^ {2}[A-Za-z].*/gm) ?? [];
  t.is(named.length, parts.length, named.join("\n"));
});

test.serial("the SBOM names every package that is bundled, and the file LICENSES.txt has its license", async (t) => {
  if (!(await hasRelease(t))) return;
  const { inputs } = await bundleFront(repository);
  const bundled = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const parts = readSbom().packages;
  for (const name of new Set(bundled))
    t.true(
      parts.some((part) => part.name === name),
      name,
    );
  const licenses = await ok(t, ["tar", "-xOf", find(`-${arch}.tar.xz`), "--wildcards", "*/LICENSES.txt"]);
  for (const { name, versionInfo } of parts.slice(1)) t.true(licenses.includes(`${name} ${versionInfo}\n`), name);
});

test.serial("the SBOM has the checksum of every file, and leads nowhere else", async (t) => {
  if (!(await hasRelease(t))) return;
  const { packages, files, relationships } = readSbom();
  for (const { fileName, checksums } of files) t.is(checksums[1]?.checksumValue, sha256(read(fileName)), fileName);
  t.deepEqual(
    files.map(({ fileName }) => fileName.slice(2)),
    names.filter((name) => !/json$|SUMS$/.test(name)),
  );
  const ids = ["SPDXRef-DOCUMENT", ...[...packages, ...files].map(({ SPDXID }) => SPDXID)];
  t.is(new Set(ids).size, ids.length);
  for (const id of ids) t.regex(id, /^SPDXRef-[A-Za-z0-9.-]+$/);
  for (const { spdxElementId, relatedSpdxElement } of relationships)
    t.true(ids.includes(spdxElementId) && ids.includes(relatedSpdxElement));
  for (const { checksums } of packages.slice(1)) t.regex(checksums?.[0]?.checksumValue ?? "", /^[0-9a-f]{64,128}$/);
});
