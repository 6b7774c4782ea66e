// WebAssembly modules: how long until one has said hello, and how fast one computes, beside native programs and engines.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../test/helpers/build.ts";
import { helperPath } from "../test/helpers/peers/runtimes.ts";
import type { Timed } from "./drive.ts";
import { drive } from "./drive.ts";
import type { Answer, Sample } from "./sample.ts";
import { ratio, ratioBound, timeRows } from "./sample.ts";
import type { Stage } from "./setup.ts";
import { capturePlan, coffer, launchWords, makeStage, stateOf, storePlan } from "./setup.ts";
import { crowdOf, memoryOf } from "./wasm/crowd.ts";

const zig = process.env.ZIG ?? join(repository, "node_modules/.bin/zig");
const hasWasmedge = existsSync("/usr/bin/wasmedge");
const hasHandler = hasWasmedge && /\+WASM/.test(spawnSync("crun", ["--version"], { encoding: "utf8" }).stdout);

/** The forms of a program: a module, and what gcc makes of the same source. */
interface Forms {
  readonly module: string;
  readonly native: string;
  /** What wasmedge's compiler makes of the module. */
  readonly compiled: string | undefined;
}

const run = (file: string, args: readonly string[]): void => {
  execFileSync(file, args, { stdio: ["ignore", "ignore", "inherit"] });
};

function build(base: string, name: string): Forms {
  const source = join(import.meta.dirname, "wasm", `${name}.c`);
  const module = join(base, `${name}.wasm`);
  const native = join(base, name);
  const compiled = join(base, `${name}.so`);
  run(zig, ["cc", "-target", "wasm32-wasi", "-O2", source, "-o", module]);
  run("gcc", ["-O2", "-static", source, "-o", native, "-lm"]);
  const made = hasWasmedge && spawnSync("wasmedge", ["compile", module, compiled], { stdio: "ignore" }).status === 0;
  return { module, native, compiled: made ? compiled : undefined };
}

/** crun's handler for modules: Debian's crun loads wasmedge. */
function handlerOf({ module }: Forms): { readonly timed: Timed; readonly end: () => void } | undefined {
  if (!hasHandler) return undefined;
  const stage = makeStage("wasm-crun", {
    "/process/args": ["/app.wasm"],
    "/annotations": { "run.oci.handler": "wasm" },
    "/linux/seccomp": null,
  });
  copyFileSync(module, join(stage.rootfs, "app.wasm"));
  const argv = ["crun", "--root", stateOf(stage, "crun"), "run", "--bundle", stage.bundle, "bench-wasm"];
  return { timed: { name: "crun's handler (wasmedge), in a container", argv }, end: stage.end };
}

/** The engines that are there. Computing, the interpreter would take minutes. */
function engines({ module, compiled }: Forms, interprets: boolean): readonly Timed[] {
  const node = {
    name: "Node's WASI",
    argv: [process.execPath, "--no-warnings", join(import.meta.dirname, "wasm/node.mjs"), module],
  };
  const interpreter = { name: "wasmedge, interpreter", argv: ["wasmedge", module] };
  const ahead = compiled === undefined ? [] : [{ name: "wasmedge, compiled ahead", argv: ["wasmedge", compiled] }];
  return [...ahead, ...(interprets && hasWasmedge ? [interpreter] : []), node];
}

/** Plans of a bundle with the native program, and of the module. */
function launches(name: string, forms: Forms): { readonly timed: readonly Timed[]; readonly end: () => void } {
  const stage = makeStage(`wasm-${name}`, { "/process/args": ["/native"], "/linux/cgroupsPath": null });
  copyFileSync(forms.native, join(stage.rootfs, "native"));
  run(process.execPath, [join(repository, "packages/cli/bin/coffer.js"), "wasm", "compile", forms.module]);
  const timed = [
    {
      name: "module in its container",
      argv: [helperPath(), "launch", "--plan-fd", "3"],
      plan: capturePlan(stage, "wasm", forms.module),
    },
    { name: "gcc -O2 -static in a container", argv: launchWords(stage), plan: storePlan(stage) },
  ];
  return { timed, end: stage.end };
}

function measure(name: string, rounds: number, interprets: boolean): readonly Sample[] {
  const base = mkdtempSync(join(tmpdir(), "cft-wasm-"));
  const forms = build(base, name);
  // For coffer alone: zig would build its libraries there again.
  process.env.XDG_CACHE_HOME = base;
  const { timed, end } = launches(name, forms);
  const handler = interprets ? handlerOf(forms) : undefined;
  delete process.env.XDG_CACHE_HOME;
  try {
    const others = [...(handler === undefined ? [] : [handler.timed]), ...engines(forms, interprets)];
    return drive([...timed, ...others], rounds);
  } finally {
    end();
    handler?.end();
    rmSync(base, { recursive: true, force: true });
  }
}

/** The plan of `coffer wasm` with these flags, in a file of its own. The module is compiled before: that has plans too. */
function planOf(stage: Stage, name: string, module: string, ...flags: readonly string[]): string {
  const file = join(stage.base, name);
  const words = [...flags, "--tier", "best", module];
  coffer("wasm", ...flags, "compile", module);
  renameSync(capturePlan(stage, "wasm", ...words), file);
  return file;
}

/** A module that fills tables at its start, with and without a snapshot of full ones. */
function snapshots(rounds: number): Answer {
  const stage = makeStage("wasm-snapshot", {});
  const module = join(stage.base, "tables.wasm");
  const argv = [helperPath(), "launch", "--plan-fd", "3"];
  run(zig, ["cc", "-target", "wasm32-wasi", "-O2", join(import.meta.dirname, "wasm/tables.c"), "-o", module]);
  // For coffer alone, as above.
  process.env.XDG_CACHE_HOME = stage.base;
  const without = "without a snapshot";
  try {
    const plans = [
      { name: "with a snapshot", argv, plan: planOf(stage, "kept", module, "--init") },
      { name: without, argv, plan: planOf(stage, "plain", module) },
    ];
    delete process.env.XDG_CACHE_HOME;
    const samples = drive(plans, rounds);
    const [kept, plain] = samples;
    return {
      title: "A module that begins with a snapshot",
      note: "The plans of `coffer wasm --init` and of `coffer wasm`, launched with the helper. The module fills a table of 4 MiB.",
      columns: ["µs", "min", "median", "of the run without"],
      rows: timeRows(samples, without),
      bounds: [ratioBound("with / without a snapshot", kept, plain, 0.4)],
    };
  } finally {
    stage.end();
  }
}

/** Modules that wait. */
async function crowds(): Promise<readonly Answer[]> {
  const base = mkdtempSync(join(tmpdir(), "cft-wasm-"));
  const forms = build(base, "wait");
  process.env.XDG_CACHE_HOME = base;
  try {
    const { timed, end } = launches("wait", forms);
    try {
      const [module] = timed;
      if (module?.plan === undefined) return [];
      const crowded = { argv: module.argv, plan: module.plan };
      return [await memoryOf(crowded), await crowdOf(crowded, 10)];
    } finally {
      end();
    }
  } finally {
    delete process.env.XDG_CACHE_HOME;
    rmSync(base, { recursive: true, force: true });
  }
}

const native = "gcc -O2 -static in a container";
const columns = ["µs", "min", "median", "of the native program"] as const;

/** Modules: `hello` for the start, and two programs that compute. */
export async function wasmModules(rounds: number): Promise<readonly Answer[]> {
  const questions = [
    { name: "hello", title: "Starting a WebAssembly module", rounds, limit: 1.1, interprets: true },
    { name: "sha256", title: "A module that computes: SHA-256 of 64 MiB", rounds: 10, limit: 1.3, interprets: false },
    { name: "nbody", title: "A module that computes: nbody", rounds: 10, limit: 1.3, interprets: false },
  ];
  const computed = questions.map(({ name, title, rounds: times, limit, interprets }) => {
    const samples = measure(name, times, interprets);
    const [ours, theirs] = samples;
    const share = ours && theirs ? ratio(ours, theirs) : Number.NaN;
    // The engine that is the fastest.
    const ofEngine = ours ? Math.max(...samples.slice(2).map((engine) => ratio(ours, engine))) : Number.NaN;
    return {
      title,
      note: "The plan of `coffer wasm`, launched with the helper, beside the same source compiled by gcc in a bundle with the usual mounts. Engines run without a container.",
      columns,
      rows: timeRows(samples, native),
      bounds: [
        { what: `${name}: module / native`, value: share, limit, unit: "×" },
        ...(interprets
          ? [{ what: `${name}: module / the fastest engine`, value: ofEngine, limit: 0.2, unit: "×" }]
          : []),
      ],
    };
  });
  return [...computed, snapshots(rounds), ...(await crowds())];
}
