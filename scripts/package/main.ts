// Makes a release: node scripts/package/main.ts [DIRECTORY]     (default .cache/release; needs no root)
//
// The directory must be missing, empty, or an earlier release. For each machine a Debian package and a tarball; npm's packages; an SBOM; SHA256SUMS. `npm run package` builds before. The
// same sources, tools and SOURCE_DATE_EPOCH give the same bytes.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packAll } from "../pack.ts";
import { makeTarXz } from "./archive.ts";
import { makeDeb } from "./deb.ts";
import type { Release, Target } from "./release.ts";
import { installFile, readRelease } from "./release.ts";
import { makeSbom } from "./sbom.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Everything in one folder, which may lie anywhere: the program finds its helper beside itself. */
function makeTarball(release: Release, target: Target, work: string): Buffer {
  const put = (path: string, content: string | Buffer, mode = 0o644): void =>
    installFile(join(work, path), content, mode);
  put("coffer", readFileSync(target.program), 0o755);
  symlinkSync("coffer", join(work, "coffer-oci"));
  put(`coffer-helper-${target.arch}`, readFileSync(target.helper), 0o755);
  put(`coffer-quiet-${target.arch}.so`, readFileSync(target.quiet));
  put("README.md", release.readme);
  put("LICENSE", release.license);
  put("NOTICE", release.notice);
  put("LICENSES.txt", release.licenses);
  for (const page of release.pages) put(`man/${page.slice(page.lastIndexOf("/") + 1)}`, readFileSync(page));
  for (const [shell, text] of Object.entries(release.completion)) put(`completion/coffer.${shell}`, text);
  return makeTarXz(work, `coffer-${release.version}`, release);
}

/** Empties the directory of a release, and no other: what an earlier release has not made stays, and is an error. */
function clear(directory: string): void {
  const found = existsSync(directory) ? readdirSync(directory) : [];
  if (found.length > 0 && !found.includes("SHA256SUMS"))
    throw new Error(`${directory} has files that are of no release (it has no SHA256SUMS): name an empty directory`);
  for (const name of found) rmSync(join(directory, name));
}

/** Makes the release for machines in a directory; gives the names of its files. */
export function makeRelease(directory: string, archs: readonly string[]): readonly string[] {
  const release = readRelease(root, archs);
  const work = mkdtempSync(join(tmpdir(), "coffer-release-"));
  try {
    clear(directory);
    packAll(directory);
    for (const target of release.targets) {
      const write = (name: string, content: Buffer): void => writeFileSync(join(directory, name), content);
      const [deb, tarball] = [join(work, `deb-${target.arch}`), join(work, `tar-${target.arch}`)];
      mkdirSync(tarball);
      write(`coffer_${release.version}_${target.debian}.deb`, makeDeb(release, target, deb));
      write(`coffer-${release.version}-linux-${target.arch}.tar.xz`, makeTarball(release, target, tarball));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const read = (name: string) => [name, readFileSync(join(directory, name))] as const;
  const archives = readdirSync(directory).sort().map(read);
  writeFileSync(join(directory, `coffer-${release.version}.spdx.json`), makeSbom(release, archives));
  const names = readdirSync(directory).sort();
  const sums = names.map((name) => `${createHash("sha256").update(read(name)[1]).digest("hex")}  ${name}\n`);
  writeFileSync(join(directory, "SHA256SUMS"), sums.join(""));
  return [...names, "SHA256SUMS"];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const directory = resolve(process.argv[2] ?? join(root, ".cache/release"));
  for (const name of makeRelease(directory, ["x86_64", "aarch64"])) console.log(join(directory, name));
}
