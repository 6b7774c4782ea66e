// The guest's first root: busybox, the modules that it needs to find the next root, and a script of guest/.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, hashOf } from "./cache.ts";
import type { CpioEntry } from "./cpio.ts";
import { packCpio } from "./cpio.ts";
import type { Kernel } from "./kernel.ts";

const busybox = "/bin/busybox";

/** Reads modules, unpacked: busybox's insmod cannot do that. Each comes after those that it depends on. */
function readModules(kernel: Kernel, names: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const files = readdirSync(kernel.modules, { recursive: true, encoding: "utf8" });
  const done = new Map<string, Uint8Array>();
  const add = (name: string): void => {
    if (done.has(name)) return;
    const file = files.find((path) => path.endsWith(`/${name}.ko.xz`));
    if (file === undefined) throw new Error(`the kernel package has no module ${name}`);
    const content = execFileSync("xz", ["-dc", join(kernel.modules, file)], { maxBuffer: 64 << 20 });
    // What depmod(8) reads too: a string of the section .modinfo.
    const needed = /\0depends=([^\0]*)\0/.exec(content.toString("latin1"))?.[1] ?? "";
    for (const other of needed.split(",").filter(Boolean)) add(other);
    done.set(name, content);
  };
  for (const name of names) add(name);
  return done;
}

/** The archive of a script of guest/ and some modules, made once. They are numbered: the script loads them in this order. */
export async function initramfs(kernel: Kernel, script: string, modules: readonly string[]): Promise<string> {
  const init = readFileSync(join(import.meta.dirname, "guest", script));
  const program = readFileSync(busybox);
  const hash = hashOf(init, program, kernel.version, ...modules);
  const directory = await cached(`initramfs-${script}`, hash, (folder) => {
    const files = [...readModules(kernel, modules)].map(([name, content], index) => ({
      path: `modules/${String(index).padStart(2, "0")}-${name}.ko`,
      content,
    }));
    const entries: readonly CpioEntry[] = [
      ...["bin", "modules", "dev", "proc", "sys", "host", "over", "new"].map((path) => ({ path })),
      { path: "bin/busybox", content: program },
      { path: "init", content: init },
      ...files,
    ];
    writeFileSync(join(folder, "initramfs.cpio"), packCpio(entries));
  });
  return join(directory, "initramfs.cpio");
}
