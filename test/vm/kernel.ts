// Debian's kernel, which has the module for 9p (its cloud kernel has not): fetched as a package, never installed.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { cached, hashOf } from "./cache.ts";

const metaPackage = "linux-image-amd64";

/** Three quarters of the modules are drivers of devices that the guest has not. */
const unused = [
  ...[
    "gpu",
    "media",
    "net/wireless",
    "net/ethernet",
    "infiniband",
    "staging",
    "iio",
    "usb",
    "hid",
    "input",
    "scsi",
    "mtd",
  ].map((name) => `drivers/${name}`),
  "sound",
];

/** An unpacked kernel package. */
export type Kernel = {
  /** The kernel as ELF: the boot loader's own decompression takes seconds without KVM. */
  readonly image: string;
  /** The directory of its modules, `lib/modules/VERSION`. */
  readonly modules: string;
  readonly version: string;
};

/** Takes the ELF image out of a bzImage (Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length). */
export function unpackBzImage(file: Buffer): Buffer {
  const protectedMode = (file.readUInt8(0x1f1) + 1) * 512;
  const start = protectedMode + file.readUInt32LE(0x248);
  // The last four bytes are the size, appended by the kernel's build.
  return zstdDecompressSync(file.subarray(start, start + file.readUInt32LE(0x24c) - 4));
}

function packageName(): string {
  const text = execFileSync("apt-cache", ["depends", "--no-recommends", "--no-suggests", metaPackage], {
    encoding: "utf8",
  });
  const name = /Depends: (linux-image-[0-9]\S+)/.exec(text)?.[1];
  if (name === undefined) throw new Error(`apt-cache knows no ${metaPackage}: run apt-get update`);
  return name;
}

function fill(directory: string): void {
  execFileSync("apt-get", ["download", "-qq", "-o", "APT::Sandbox::User=root", packageName()], {
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [deb = ""] = readdirSync(directory);
  execFileSync("dpkg-deb", ["-x", deb, "."], { cwd: directory });
  const boot = join(directory, "boot");
  const [bzImage = ""] = readdirSync(boot).filter((name) => name.startsWith("vmlinuz-"));
  writeFileSync(join(directory, "vmlinux"), unpackBzImage(readFileSync(join(boot, bzImage))));
  const [version = ""] = readdirSync(join(directory, "usr", "lib", "modules"));
  const modules = `usr/lib/modules/${version}/kernel`;
  for (const name of [deb, "boot", "usr/share", ...unused.map((part) => `${modules}/${part}`)]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** The kernel, fetched the first time. `rm -r test/.cache/vm/kernel-*` fetches the newest again. */
export async function kernel(): Promise<Kernel> {
  const directory = await cached("kernel", hashOf(metaPackage, ...unused), fill);
  const base = join(directory, "usr", "lib", "modules");
  const [version = ""] = readdirSync(base);
  return { image: join(directory, "vmlinux"), modules: join(base, version), version };
}
