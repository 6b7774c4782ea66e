// `npm run bench [-- --rounds N] [--no-write] [--only wasm|work]`: Coffer beside crun, runc and bubblewrap. Needs root. `--only work`
// writes docs/use/sandbox-speed.md.
import { spawnSync } from "node:child_process";
import { inMode } from "../test/helpers/host-modes.ts";
import { apiLife, apiRun, planning } from "./api.ts";
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

function numberAfter(flag: string, otherwise: number): number {
  const index = process.argv.indexOf(flag);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
}

/** Runs itself again where cgroup v2 is the only hierarchy: crun refuses a hybrid machine. */
function enter(): number {
  const [file = "", ...words] = [
    ...inMode("v2"),
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
    inside,
  ];
  return spawnSync(file, words, { stdio: "inherit" }).status ?? 1;
}

async function bench(): Promise<number> {
  const rounds = numberAfter("--rounds", 200);
  const writes = !process.argv.includes("--no-write");
  if (process.argv.join(" ").includes("--only work"))
    return report(await workInSandboxes(rounds), writes, "use/sandbox-speed") ? 0 : 1;
  // This part is printed. The document has all of them.
  if (process.argv.join(" ").includes("--only wasm")) return report(await wasmModules(rounds), false) ? 0 : 1;
  const answers = [
    launchDefault(rounds),
    launchSteps(Math.ceil(rounds / 8)),
    ...launchVariants(Math.ceil(rounds / 2)),
    execInto(rounds),
    ...wholeCommands(Math.ceil(rounds / 2)),
    ...(await inUse(Math.ceil(rounds / 2))),
    ...withMany(Math.ceil(rounds / 8)),
    ...(await throughPodman(Math.ceil(rounds / 8))),
    startUp(Math.ceil(rounds / 4)),
    ...(await wasmModules(Math.ceil(rounds / 4))),
    await apiRun(Math.ceil(rounds / 2)),
    await apiLife(Math.ceil(rounds / 4)),
    await planning(),
    await peaks(),
    sizes(),
  ];
  return report(answers, writes) ? 0 : 1;
}

process.exitCode = process.argv.includes(inside) ? await bench() : enter();
