import type { Config } from "@coffer/spec";
import type { Plan } from "../../wire/op.ts";
import { planDelete, planStart } from "../existing/lifecycle.ts";
import type { HookPoint, LateHooks } from "../process/hooks.ts";
import { hookState } from "../process/hooks.ts";

const nobody = { pid: 1, startTime: 0n, inode: 0n } as const;

/**
 * The plans by which hooks of a container run after its launch, as far as they are known before. Nothing is launched from
 * them: they show what is to come. `gate`: its poststart hooks run at `start`, in no plan of its own.
 */
export function planLater(config: Config, id: string, bundle: string, gate: boolean): readonly Plan[] {
  const late = (point: HookPoint): LateHooks | undefined => {
    const hooks = config.hooks?.[point] ?? [];
    return hooks.length === 0 ? undefined : { hooks, state: hookState(config, id, bundle) };
  };
  const [poststart, poststop] = [gate ? late("poststart") : undefined, late("poststop")];
  return [
    ...(poststart === undefined ? [] : [planStart({ target: nobody, hooks: poststart })]),
    ...(poststop === undefined ? [] : [planDelete({ hooks: poststop })]),
  ];
}
