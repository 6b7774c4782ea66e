// A run by an ordinary user: the helper under another id, with a plan that was made and stored as that user.
import { execFileSync } from "node:child_process";
import { chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { awaitExit, awaitReport } from "../../../packages/core/src/runtime/launch/reports.ts";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import { decodePlan } from "../../../packages/core/src/wire/decode.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";
import type { Plan, PlanOp } from "../../../packages/core/src/wire/op.ts";
import type { Patch } from "../../helpers/json.ts";
import { cofferArgv } from "../../helpers/peers/runtimes.ts";
import { giveToUser, testUser, userIds } from "../../helpers/user.ts";
import { rootless } from "../configs.ts";
import { EndedOtherwise } from "../ended.ts";
import type { Lane } from "../lanes.ts";

/** The words before a command that run it as the test user. */
export const asUser = ["/usr/bin/setpriv", "--reuid", testUser, "--regid", testUser, "--init-groups", "--"];

const subordinate = (file: string): number =>
  Number(new RegExp(`^${testUser}:(\\d+):`, "m").exec(readFileSync(file, "utf8"))?.[1]);

/** The config, with the ids that the user has. */
export function rootlessConfig(): Patch {
  const { uid, gid } = userIds();
  return rootless(uid, gid, subordinate("/etc/subuid"), subordinate("/etc/subgid"));
}

const lastWish: PlanOp = { op: "set-death-signal", phase: "drop", signal: 9 };

const plans = new WeakMap<Lane, Plan>();

/** Has the user make the plan, and with it the end of the container when the launcher ends. */
export function planAsUser(lane: Lane): void {
  giveToUser(lane.box);
  // Root keeps its state beneath it.
  chownSync(lane.box.base, 0, 0);
  const file = join(lane.box.base, "run", "plan");
  const [program = "", ...words] = [...asUser, ...cofferArgv(), "plan", lane.box.path, "--raw", file];
  execFileSync(program, words, { env: { XDG_RUNTIME_DIR: join(lane.box.base, "run") } });
  const plan = decodePlan(readFileSync(file));
  const at = plan.ops.findIndex(({ op }) => op === "find-exec");
  plans.set(lane, { ...plan, ops: [...plan.ops.slice(0, at), lastWish, ...plan.ops.slice(at)] });
}

/** Launches the plan, and follows it to the end. */
export async function runsAsUser(lane: Lane, { system }: Runtime): Promise<void> {
  const plan = plans.get(lane);
  if (plan === undefined) throw new Error("there is no plan");
  const inputs = [{ name: "rootfs", path: lane.box.rootfs }];
  const launch = await system.launch({ plan: encodePlan(plan), inputs, stdio: ["pipe", "pipe", "pipe"] });
  launch.stdout?.resume();
  await awaitReport(launch, plan, ["running"]);
  const { status } = await awaitExit(launch, plan);
  if (status !== 7) throw new EndedOtherwise(status);
}
