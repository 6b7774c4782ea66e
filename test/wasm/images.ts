// Images that have a module alone, and what engines are asked to do with them: the same rows for each engine. crun's handler
// (Debian's, with wasmedge) is put through them where it is: what it does, coffer does too.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Place } from "../clients/place.ts";
import { makePlace } from "../clients/place.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache } from "./module.ts";

/** What is asked of a runtime: flags of the engine, an image, and the words of the container. */
interface Row {
  readonly title: string;
  readonly flags: string;
  readonly image: string;
  readonly words: string;
}

const output = "arg 3\narg two\nFOO bar\n";
const expected = `${output}status 3\n`;
const words = "/app 3 two";
const byName = "/app.wasm 3 two";
const handler = "--annotation run.oci.handler=wasm";
const variant = "--annotation module.wasm.image/variant";

const rowsOf = ({ memory }: ModuleEngine): readonly Row[] => [
  { title: "by crun's annotation", flags: handler, image: "module", words },
  { title: "by the variant compat", flags: `${variant}=compat`, image: "module", words },
  { title: "by the variant compat-smart", flags: `${variant}=compat-smart`, image: "module", words: byName },
  { title: "by its name", flags: "", image: "module", words: byName },
  { title: "of the platform wasi/wasm", flags: `--platform wasi/wasm ${handler}`, image: "wasi", words },
  { title: "read-only, as another user", flags: `--read-only --user 1000:1000 ${handler}`, image: "module", words },
  { title: "with a limit of memory", flags: `${memory} ${handler}`, image: "module", words },
];

/** How an engine is used. */
export interface ModuleEngine {
  /** Its words for a limit of 256 MiB. */
  readonly memory: string;
  /** Starts it, and brings the images bb, module and wasi in: the last two are the tar file, for two platforms. */
  readonly start: (place: Place, runtime: "crun" | "coffer", tar: string) => Promise<Readonly<Record<string, string>>>;
  /** The words before the flags. */
  readonly run: (place: Place, runtime: "crun" | "coffer") => string;
  /** The name of an image, and what follows it. */
  readonly image: (name: string) => string;
}

/** Variables of everything that may start a runtime. */
export const moduleEnv = { XDG_CACHE_HOME: cache };

/** A tar file of a module, under two names. */
function makeTar({ base }: Place): string {
  const root = join(base, "module");
  mkdirSync(join(root, "work"), { recursive: true });
  for (const name of ["app.wasm", "app"]) copyFileSync(buildModule("status"), join(root, name));
  const tar = join(base, "module.tar");
  execFileSync("tar", ["--owner=0", "--group=0", "-C", root, "-cf", tar, "."]);
  return tar;
}

type Shell = (script: string) => ReturnType<Place["sh"]>;
type Run = (row: Pick<Row, "flags" | "image" | "words">) => ReturnType<Place["sh"]>;

async function startEngine(t: ExecutionContext, engine: ModuleEngine, runtime: "crun" | "coffer"): Promise<Run> {
  const place = await makePlace(t);
  const own = await engine.start(place, runtime, makeTar(place));
  const sh: Shell = (script) => place.sh(script, { env: { ...own, ...moduleEnv }, timeoutMs: 120_000 });
  const run = engine.run(place, runtime);
  return ({ flags, image, words: of }) =>
    sh(`${run} --env FOO=bar ${flags} ${engine.image(image)} ${of} </dev/null; echo status $?`);
}

/** A program that must be a module and is none is an error; one that may be is run as it is. */
async function refuseOthers(t: ExecutionContext, run: Run): Promise<void> {
  const demanded = await run({ flags: handler, image: "bb", words: "/bin/busybox" });
  t.regex(demanded.stderr, /the module is no WebAssembly: it does not begin with its magic number/);
  const smart = await run({ flags: `${variant}=compat-smart`, image: "bb", words: "echo native" });
  t.is(smart.stdout, "native\nstatus 0\n");
}

/** Runs the rows, first with crun if it has the handler. What crun cannot do is logged, and is no failure. */
export async function runModuleRows(t: ExecutionContext, engine: ModuleEngine): Promise<void> {
  t.timeout(900_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const rows = rowsOf(engine);
  if (await needs(t, "crun", "wasmedge")) {
    const run = await startEngine(t, engine, "crun");
    const told: string[] = [];
    for (const row of rows) told.push((await run(row)).stdout);
    const whole = told.filter((one) => one === expected).length;
    const said = told.filter((one) => one.startsWith(output)).length;
    t.log(`crun's handler: ${said} of ${rows.length} rows have the output, and ${whole} the status too`);
  }
  const run = await startEngine(t, engine, "coffer");
  for (const row of rows) {
    const { stdout, stderr } = await run(row);
    t.is(stdout, expected, `${row.title}: ${stderr}`);
  }
  await refuseOthers(t, run);
}
