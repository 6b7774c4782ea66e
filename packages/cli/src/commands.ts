import Audit from "./commands/audit.ts";
import Checkpoint from "./commands/checkpoint.ts";
import Create from "./commands/create.ts";
import Delete from "./commands/delete.ts";
import Doctor from "./commands/doctor.ts";
import Events from "./commands/events.ts";
import Exec from "./commands/exec.ts";
import Features from "./commands/features.ts";
import Kill from "./commands/kill.ts";
import List from "./commands/list.ts";
import Pause from "./commands/pause.ts";
import Plan from "./commands/plan.ts";
import Ps from "./commands/ps.ts";
import Restore from "./commands/restore.ts";
import Resume from "./commands/resume.ts";
import Run from "./commands/run.ts";
import Sandbox from "./commands/sandbox.ts";
import Spec from "./commands/spec.ts";
import Start from "./commands/start.ts";
import State from "./commands/state.ts";
import Update from "./commands/update.ts";

/** Every verb by its name: oclif's explicit list. */
export const commands = {
  audit: Audit,
  checkpoint: Checkpoint,
  create: Create,
  delete: Delete,
  doctor: Doctor,
  events: Events,
  exec: Exec,
  features: Features,
  kill: Kill,
  list: List,
  pause: Pause,
  plan: Plan,
  ps: Ps,
  restore: Restore,
  resume: Resume,
  run: Run,
  sandbox: Sandbox,
  spec: Spec,
  start: Start,
  state: State,
  update: Update,
} as const;
