// Archives whose bytes depend on names, contents and executable bits alone. They have no owner, no time but the release's and no
// mode of the builder's umask, and take no option of its environment (TAR_OPTIONS, XZ_OPT).
import { execFileSync } from "node:child_process";

/** What every file of a release is dated. */
export interface Dated {
  /** Seconds since 1970. */
  readonly time: number;
}

const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" };

/** A tar archive of a folder, each name with `prefix` before it. */
function makeTar(folder: string, prefix: string, { time }: Dated): Buffer {
  const same = [
    "--sort=name",
    `--mtime=@${time}`,
    "--owner=root:0",
    "--group=root:0",
    "--mode=u+rwX,go+rX,go-w,a-st",
    "--format=ustar",
  ];
  // Of the names alone: a link's target stays as it is.
  const names = `--transform=flags=r;s,^\\.,${prefix},`;
  return execFileSync("tar", [...same, names, "-C", folder, "-cf", "-", "."], { maxBuffer: 1 << 28, env });
}

/** The same, compressed by xz(1) with one thread, as blocks of several would be split differently. */
export function makeTarXz(folder: string, prefix: string, dated: Dated): Buffer {
  const input = makeTar(folder, prefix, dated);
  return execFileSync("xz", ["--threads=1", "-6", "--stdout"], { input, maxBuffer: 1 << 28, env });
}

const header = (name: string, size: number, { time }: Dated): string =>
  `${name.padEnd(16)}${`${time}`.padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${`${size}`.padEnd(10)}\`\n`;

/** An ar archive (ar(5)), as a .deb is one. */
export function makeAr(files: readonly (readonly [name: string, content: Buffer])[], dated: Dated): Buffer {
  const members = files.flatMap(([name, content]) => [
    Buffer.from(header(name, content.length, dated)),
    content,
    Buffer.from(content.length % 2 === 1 ? "\n" : ""),
  ]);
  return Buffer.concat([Buffer.from("!<arch>\n"), ...members]);
}
