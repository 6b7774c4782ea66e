// podman runs images whose program is a module: by an annotation, and by the module's own name.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Place } from "../clients/place.ts";
import { makePlace } from "../clients/place.ts";
import { preparePodman } from "../clients/podman.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache } from "./module.ts";

/** An image of a module alone, under two names. */
async function importModule(place: Place, env: Readonly<Record<string, string>>): Promise<void> {
  const root = join(place.base, "module");
  mkdirSync(join(root, "work"), { recursive: true });
  copyFileSync(buildModule("words"), join(root, "app.wasm"));
  copyFileSync(buildModule("words"), join(root, "app"));
  const tar = join(place.base, "module.tar");
  execFileSync("tar", ["--owner=0", "--group=0", "-C", root, "-cf", tar, "."]);
  const { exitCode, stderr } = await place.sh(`podman import -q ${tar} module`, { env });
  if (exitCode !== 0) throw new Error(stderr);
}

const rows = [
  ["by its name", "module /app.wasm 3 two", 3],
  ["by crun's annotation", "--annotation run.oci.handler=wasm module /app 3 two", 3],
  ["by the variant compat", "--annotation module.wasm.image/variant=compat module /app 3 two", 3],
  ["by the variant compat-smart", "--annotation module.wasm.image/variant=compat-smart module /app 3 two", 3],
  ["read-only, as another user", "--read-only --user 1000:1000 module /app.wasm 3 two", 3],
] as const;

test.serial("podman runs modules", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const place = await makePlace(t);
  const env = { ...(await preparePodman(place)), XDG_CACHE_HOME: cache };
  await importModule(place, env);
  const run = `podman --runtime coffer-oci run --rm -e FOO=bar --cgroup-parent=/$TAG`;
  for (const [title, words, status] of rows) {
    const { stdout, stderr, exitCode } = await place.sh(`${run} ${words}`, { env });
    t.is(stdout, "arg 3\narg two\nFOO bar\n", `${title}: ${stderr}`);
    t.is(exitCode, status, title);
  }
  const demanded = await place.sh(`${run} --annotation run.oci.handler=wasm bb /bin/busybox`, { env });
  t.regex(demanded.stderr, /the module is no WebAssembly: it does not begin with its magic number/);
  const smart = await place.sh(`${run} --annotation module.wasm.image/variant=compat-smart bb echo native`, { env });
  t.is(smart.stdout, "native\n");
  const left = await place.sh("podman ps -aq", { env });
  t.is(left.stdout, "");
});
