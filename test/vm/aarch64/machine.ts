// The guest for aarch64: Debian's kernel for arm64, busybox, the native front, the helper and the probe, all in its first
// root. Nothing of the host runs there, as the host is of another machine.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildProgram, repository } from "../../helpers/build.ts";
import type { RunGuest } from "../batch/batch.ts";
import { cached, hashOf } from "../cache.ts";
import type { CpioEntry } from "../cpio.ts";
import { packCpio } from "../cpio.ts";
import { startQemu, withDirectory } from "../qemu.ts";

const metaPackage = "linux-image-arm64";
const busyboxPackage = "busybox-static";
const native = join(repository, "packages/cli/native/aarch64");
const guestFolder = join(import.meta.dirname, "..", "guest");

/** An apt of another architecture, with lists of its own: that of the machine is not asked to know arm64. */
function aptWords(directory: string): readonly string[] {
  const config = join(directory, "apt.conf");
  const options = {
    "APT::Architecture": "arm64",
    "APT::Architectures::": "arm64",
    "Dir::State::Lists": join(directory, "lists"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(directory, "archives"),
    "APT::Sandbox::User": "root",
  };
  execFileSync("mkdir", ["-p", join(directory, "lists/partial"), join(directory, "archives/partial")]);
  // The machine's own list of architectures goes first.
  const lines = Object.entries(options).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(config, ["#clear APT::Architectures;\n", ...lines].join(""));
  return ["-qq", "-c", config];
}

function fill(directory: string): void {
  const apt = aptWords(directory);
  execFileSync("apt-get", [...apt, "update"], { cwd: directory });
  const depends = ["depends", "--no-recommends", "--no-suggests", metaPackage];
  const text = execFileSync("apt-cache", [...apt.slice(1), ...depends], { encoding: "utf8" });
  const name = /Depends: (linux-image-[0-9]\S+)/.exec(text)?.[1];
  if (name === undefined) throw new Error(`apt-cache knows no ${metaPackage}`);
  execFileSync("apt-get", [...apt, "download", name, busyboxPackage], { cwd: directory });
  for (const deb of readdirSync(directory).filter((file) => file.endsWith(".deb")))
    execFileSync("dpkg-deb", ["-x", deb, "unpacked"], { cwd: directory });
  const boot = join(directory, "unpacked/boot");
  const [image = ""] = readdirSync(boot).filter((file) => file.startsWith("vmlinuz-"));
  renameSync(join(boot, image), join(directory, "Image"));
  renameSync(join(directory, "unpacked/usr/bin/busybox"), join(directory, "busybox"));
  for (const file of readdirSync(directory))
    if (file !== "Image" && file !== "busybox") rmSync(join(directory, file), { recursive: true });
}

/** Whether the native front for aarch64 is there: `npm run front -- --all` builds it. */
export function hasFront(): boolean {
  try {
    return readdirSync(native).includes("coffer");
  } catch {
    return false;
  }
}

/** Runs a shell script as root in a guest for aarch64 of its own, with files beside it in `/job`. */
export const runAarch64: RunGuest = async (script, { timeoutMs, files }) => {
  const packages = await cached("aarch64", hashOf(metaPackage, busyboxPackage), fill);
  const file = (path: string, ...from: readonly string[]): CpioEntry => ({
    path,
    content: readFileSync(join(...from)),
  });
  const text = (path: string, content: string): CpioEntry => ({ path, content: Buffer.from(content) });
  const entries: readonly CpioEntry[] = [
    ...["bin", "image", "job", "new", "dev", "proc"].map((path) => ({ path })),
    file("bin/busybox", packages, "busybox"),
    file("init", guestFolder, "init-aarch64"),
    file("image/main", guestFolder, "aarch64-main"),
    file("image/coffer", native, "coffer"),
    file("image/coffer-helper-aarch64", native, "coffer-helper-aarch64"),
    file("image/probe", buildProgram("test/probe", [], "aarch64")),
    text("job/run", script),
    ...Object.entries(files).map(([name, content]) => text(`job/${name}`, content)),
  ];
  return withDirectory((directory) => {
    const archive = join(directory, "initramfs.cpio");
    writeFileSync(archive, packCpio(entries));
    const append = "console=ttyAMA0 quiet panic=-1 mitigations=off";
    const words = [
      "-M",
      "virt",
      "-m",
      "1024",
      "-kernel",
      join(packages, "Image"),
      "-initrd",
      archive,
      "-append",
      append,
    ];
    return startQemu(directory, words, timeoutMs, "aarch64").done;
  });
};
