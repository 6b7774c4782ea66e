// `npm run bench [-- --rounds N] [--no-write] [--only wasm|work]`: Coffer beside crun, runc and bubblewrap. Needs root. `--only work`
// writes docs/use/sandbox-speed.md.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { inMode } from "../test/helpers/host-modes.ts";
import { apiLife, apiRun, apiSandbox, planning } from "./api.ts";
import { throughPodman } from "./engine.ts";
import { execInto } from "./exec.ts";
import { wholeCommands } from "./front/commands.ts";
import { withMany } from "./front/growth.ts";
import { startUp } from "./front/startup.ts";
import { launchDefault, launchVariants } from "./launch.ts";
import { peaks, sizes } from "./memory.ts";
import { report } from "./report.ts";
import { launchSteps } from "./steps.ts";
import { inUse } from "./use.ts";
import { wasmModules } from "./wasm.ts";
import { workInSandboxes } from "./work/work.ts";

const inside = "--inside";
const parts = ["wasm", "work"] as const;

/** What was asked for. Any other word is an error: all of the bench takes minutes. */
function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "200" },
        "no-write": { type: "boolean", default: false },
        only: { type: "string" },
        inside: { type: "boolean", default: false },
      },
    });
    const rounds = Number(values.rounds);
    const only = parts.find((part) => part === values.only);
    if (Number.isInteger(rounds) && rounds > 0 && only === values.only)
      return { rounds, only, writes: !values["no-write"], isInside: values.inside };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(`usage: npm run bench [-- --rounds N] [--no-write] [--only ${parts.join("|")}]`);
  process.exit(64);
}

/** A file system in memory at /run: machines have one. */
const run = ["sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"];

/** Runs itself again where cgroup v2 is the only hierarchy: crun refuses a hybrid machine. */
function enter(): number {
  const [file = "", ...words] = [
    ...inMode("v2"),
    ...run,
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
    inside,
  ];
  return spawnSync(file, words, { stdio: "inherit" }).status ?? 1;
}

async function bench({ rounds, only, writes }: ReturnType<typeof readWords>): Promise<number> {
  if (only === "work") return report(await workInSandboxes(rounds), writes, "use/sandbox-speed") ? 0 : 1;
  // This part is printed. The document has all of them.
  if (only === "wasm") return report(await wasmModules(rounds), false) ? 0 : 1;
  const answers = [
    launchDefault(rounds),
    launchSteps(Math.ceil(rounds / 8)),
    ...launchVariants(Math.ceil(rounds / 2)),
    execInto(rounds),
    ...wholeCommands(Math.ceil(rounds / 2)),
    ...(await inUse(Math.ceil(rounds / 2))),
    ...withMany(Math.ceil(rounds / 2)),
    ...(await throughPodman(Math.ceil(rounds / 8))),
    startUp(Math.ceil(rounds / 4)),
    ...(await wasmModules(Math.ceil(rounds / 4))),
    await apiRun(Math.ceil(rounds / 2)),
    await apiSandbox(Math.ceil(rounds / 2)),
    await apiLife(Math.ceil(rounds / 4)),
    await planning(),
    await peaks(),
    sizes(),
  ];
  return report(answers, writes) ? 0 : 1;
}

const asked = readWords();
process.exitCode = asked.isInside ? await bench(asked) : enter();
