// podman runs images whose program is a module: by an annotation, and by the module's own name. crun's handler
// (Debian's, with wasmedge) is put through the same rows where it is: what it does, coffer does too.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Place } from "../clients/place.ts";
import { makePlace } from "../clients/place.ts";
import { preparePodman } from "../clients/podman.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache } from "./module.ts";

/** A tar file of a module alone, under two names. */
function makeTar(place: Place): string {
  const root = join(place.base, "module");
  mkdirSync(join(root, "work"), { recursive: true });
  copyFileSync(buildModule("words"), join(root, "app.wasm"));
  copyFileSync(buildModule("words"), join(root, "app"));
  const tar = join(place.base, "module.tar");
  execFileSync("tar", ["--owner=0", "--group=0", "-C", root, "-cf", tar, "."]);
  return tar;
}

/** What is asked of a runtime: flags of the engine, and the words of the container. */
interface Row {
  readonly title: string;
  readonly flags: string;
  readonly words: string;
}

const byAnnotation = (annotation: string): string => `--annotation ${annotation}`;
const common: readonly Row[] = [
  { title: "by crun's annotation", flags: byAnnotation("run.oci.handler=wasm"), words: "/app 3 two" },
  { title: "by the variant compat", flags: byAnnotation("module.wasm.image/variant=compat"), words: "/app 3 two" },
  {
    title: "by the variant compat-smart",
    flags: byAnnotation("module.wasm.image/variant=compat-smart"),
    words: "/app.wasm 3 two",
  },
  { title: "by its name", flags: "", words: "/app.wasm 3 two" },
  {
    title: "read-only, as another user",
    flags: `--read-only --user 1000:1000 ${byAnnotation("run.oci.handler=wasm")}`,
    words: "/app 3 two",
  },
  {
    title: "with a limit of memory",
    flags: `--memory 256m ${byAnnotation("run.oci.handler=wasm")}`,
    words: "/app 3 two",
  },
];

const output = "arg 3\narg two\nFOO bar\n";
const expected = `${output}status 3\n`;

/** How an engine runs a module with a runtime: the script of a row. */
type Script = (row: Row) => string;

async function passed(
  place: Place,
  env: Readonly<Record<string, string>>,
  script: string,
): Promise<string | undefined> {
  const { stdout, stderr } = await place.sh(script, { env, timeoutMs: 120_000 });
  return stdout === expected ? undefined : `${stdout}${stderr}`;
}

/** Runs the rows, first with crun if it has the handler. What crun cannot do is logged, and is no failure. */
async function runRows(
  t: ExecutionContext,
  start: (runtime: "crun" | "coffer") => Promise<(row: Row) => Promise<string | undefined>>,
) {
  const hasHandler = await needs(t, "crun", "wasmedge");
  if (hasHandler) {
    const crun = await start("crun");
    const told: (string | undefined)[] = [];
    for (const row of common) told.push(await crun(row));
    const whole = told.filter((one) => one === undefined).length;
    const said = told.filter((one) => one?.startsWith(output)).length + whole;
    t.log(`crun's handler: ${said} of ${common.length} rows have the output, and ${whole} the status too`);
  }
  const coffer = await start("coffer");
  for (const row of common) t.is(await coffer(row), undefined, row.title);
}

/** A program that must be a module and is none is an error; one that may be is run as it is. */
async function refuseOthers(
  t: ExecutionContext,
  place: Place,
  env: Readonly<Record<string, string>>,
  run: string,
): Promise<void> {
  const demanded = await place.sh(`${run} --annotation run.oci.handler=wasm bb /bin/busybox`, { env });
  t.regex(demanded.stderr, /the module is no WebAssembly: it does not begin with its magic number/);
  const smart = await place.sh(`${run} --annotation module.wasm.image/variant=compat-smart bb echo native`, { env });
  t.is(smart.stdout, "native\n");
}

test.serial("podman runs modules, in every way that crun's handler does", async (t) => {
  t.timeout(600_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  await runRows(t, async (runtime) => {
    const place = await makePlace(t);
    const env = { ...(await preparePodman(place)), XDG_CACHE_HOME: cache };
    const { exitCode, stderr } = await place.sh(`podman import -q ${makeTar(place)} module`, { env });
    if (exitCode !== 0) throw new Error(stderr);
    const name = runtime === "coffer" ? "coffer-oci" : runtime;
    const run = `podman --runtime ${name} run --rm -e FOO=bar --cgroup-parent=/$TAG`;
    if (runtime === "coffer") await refuseOthers(t, place, env, run);
    const script: Script = ({ flags, words }) => `${run} ${flags} module ${words} </dev/null; echo status $?`;
    return (row) => passed(place, env, script(row));
  });
});
