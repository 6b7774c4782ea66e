// Debian packages: deb(5). Made without root and without Debian's tools.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { apparmorProfile } from "../../packages/core/src/host/apparmor.ts";
import type { Dated } from "./archive.ts";
import { makeAr, makeTarXz } from "./archive.ts";
import type { Release, Target } from "./release.ts";
import { installFile } from "./release.ts";

const folder = "/usr/libexec/coffer";
const helper = `${folder}/coffer-helper`;

function control({ version, maintainer }: Release, { debian }: Target, size: number): string {
  return `Package: coffer
Version: ${version}
Architecture: ${debian}
Maintainer: ${maintainer}
Installed-Size: ${size}
Recommends: uidmap
Suggests: criu, nodejs
Section: admin
Priority: optional
Description: defensively designed container runtime
 Coffer runs a command of the host in a sandbox, and OCI bundles as runc does.
 The programs are static: coffer is for people, coffer-oci is for engines such
 as podman, containerd and docker.
`;
}

/** Debian's copyright file: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
function copyright({ parts, licenses }: Release): string {
  const indented = licenses
    .split("\n")
    .map((line) => (line.trim() === "" ? " ." : ` ${line}`))
    .join("\n");
  const paragraphs = parts.map(
    ({ name, version, license, copyright: holder }) =>
      `Files: usr/bin/coffer\nCopyright: ${holder.replace(/^Copyright /, "")}\nLicense: ${license}\nComment: ${name} ${version}\n`,
  );
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: coffer

Files: *
Copyright: the authors of Coffer
License: Apache-2.0
 /usr/share/common-licenses/Apache-2.0 has the text.

${paragraphs.join("\n")}
Comment:
 The texts of the licenses:
 .
${indented.trimEnd()}
`;
}

/** Compressed pages carry no name and no time. */
const compressed = (path: string): Buffer => gzipSync(readFileSync(path), { level: 9 });

/** The tree of files that the package installs. */
function stage(release: Release, target: Target, root: string): void {
  const put = (path: string, content: string | Buffer, mode = 0o644): void =>
    installFile(join(root, path), content, mode);
  put("usr/bin/coffer", readFileSync(target.program), 0o755);
  symlinkSync("coffer", join(root, "usr/bin/coffer-oci"));
  put(helper.slice(1), readFileSync(target.helper), 0o755);
  put(`${folder.slice(1)}/coffer-quiet-${target.arch}.so`, readFileSync(target.quiet));
  // Not where AppArmor loads it: a version before 4 does not know the rule.
  put("usr/share/coffer/apparmor/coffer", `${apparmorProfile(helper)}\n`);
  for (const page of release.pages)
    put(`usr/share/man/man${page.slice(-1)}/${page.slice(page.lastIndexOf("/") + 1)}.gz`, compressed(page));
  put("usr/share/bash-completion/completions/coffer", release.completion.bash);
  put("usr/share/zsh/vendor-completions/_coffer", release.completion.zsh);
  put("usr/share/fish/vendor_completions.d/coffer.fish", release.completion.fish);
  put("usr/share/doc/coffer/copyright", copyright(release));
  put("usr/share/doc/coffer/NOTICE", release.notice);
}

function filesOf(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}

/** The bytes of the package. `work` is an empty folder. */
export function makeDeb(release: Release, target: Target, work: string): Buffer {
  const dated: Dated = release;
  const [data, info] = [join(work, "data"), join(work, "control")];
  mkdirSync(data, { recursive: true });
  mkdirSync(info);
  stage(release, target, data);
  const files = filesOf(data);
  const sum = (path: string): string =>
    createHash("md5")
      .update(readFileSync(join(data, path)))
      .digest("hex");
  const size = Math.ceil(files.reduce((total, path) => total + statSync(join(data, path)).size, 0) / 1024);
  installFile(join(info, "control"), control(release, target, size), 0o644);
  installFile(join(info, "md5sums"), files.map((path) => `${sum(path)}  ${path}\n`).join(""), 0o644);
  return makeAr(
    [
      ["debian-binary", Buffer.from("2.0\n")],
      ["control.tar.xz", makeTarXz(info, ".", dated)],
      ["data.tar.xz", makeTarXz(data, ".", dated)],
    ],
    dated,
  );
}
