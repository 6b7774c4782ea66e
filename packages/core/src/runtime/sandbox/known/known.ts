// Sandboxes that were prepared before. What a caller asks for and what the host answers say all of a sandbox. So the answers are
// kept, and in the next call the host is asked the same again: if every answer is the same, so is the plan.
import type { Account } from "../../../defaults/sandbox/etc.ts";
import { findHelperPath } from "../../../host/probe-userns.ts";
import type { Runtime } from "../../runtime.ts";
import type { SandboxView } from "../files.ts";
import type { KeptPlans } from "../kept/kept.ts";
import { openByKey } from "../kept/kept.ts";
import type { Before } from "../left/before.ts";
import type { Passed } from "../left/passed.ts";
import { newPassed } from "../left/passed.ts";
import type { SandboxVerbOptions } from "../plan.ts";
import type { WorkDir } from "../prepare.ts";
import { findKeyFile, keysIn } from "../seen.ts";
import type { Live, LiveName, Recorder, Searched } from "./recorder.ts";
import { joinContent, openKeptFiles, splitContent } from "./store.ts";

/** What a launch needs of a sandbox that was prepared before, besides its plan. */
export interface Essence {
  /** The tree that the working directory is in. */
  readonly tree: string;
  /** Guarded names of the host that are not there. */
  readonly missing: readonly string[];
  readonly before: Before;
  readonly account: Account;
  /** The variables that come of toolchains. */
  readonly env: Readonly<Record<string, string>>;
  /** What denials are judged by, where the program is watched: the program may change what the host would answer. */
  readonly shown?: Pick<SandboxView, "rules" | "guards" | "mapsRoot"> | undefined;
}

interface Remembered {
  readonly essence: Essence;
  /** The key of the plan. */
  readonly plan: string;
  /** The working directory, where it counts. */
  readonly cwd?: string;
  readonly live: readonly Live[];
  readonly told: readonly string[];
}

/** A sandbox that was prepared before. The host may be another by now. */
export interface Found {
  readonly essence: Essence;
  readonly plans: KeptPlans;
  /** Asks the host again: what was skipped in the tree, or undefined where something answers otherwise. */
  ask(): Passed | undefined;
}

/** What is known of one question. */
export interface Known {
  /** Undefined where nothing is known, or the caller works elsewhere. */
  find(): Found | undefined;
  /** Keeps what was noted. */
  keep(recorder: Recorder, essence: Essence, plans: KeptPlans): void;
}

const isUnset = (values: object = {}): boolean => Object.values(values).every((value) => value === undefined);

/** Whether nothing is asked for that has effects before the launch, or of which more than the plan is needed. */
export function isUsual({ guard, system }: Runtime, options: SandboxVerbOptions): boolean {
  if (system.build === undefined || system.isSame === undefined || guard !== undefined) return false;
  const { name, stated = false, trace = false, fence = false, overlay, isolation, limits } = options;
  const isPlain = name === undefined && !stated && !trace && !fence && overlay === undefined;
  return isPlain && isolation !== "reduced" && isUnset(limits);
}

/** What is asked for: the words and variables of the program are not in it, but for those that the plan says. */
function questionOf({ system }: Runtime, options: SandboxVerbOptions, { at, named }: WorkDir): object {
  const { args, env = {}, stdio, cancel, id, forwardSignals, limits, ...most } = options;
  const { onDenied, onConnected, onFailed, ask, ...asked } = most;
  const { uid, gid, groups, isInteractive, isOutputTerminal } = system.caller;
  return {
    answers: asked,
    program: args[0],
    path: env.PATH,
    hasHome: !("HOME" in env) || env.HOME !== undefined,
    terminal: isInteractive && stdio === undefined,
    shown: isOutputTerminal,
    cwd: at.path,
    named,
    caller: { uid, gid, groups },
    uname: system.uname(),
    // Another installation guards other names.
    helper: findHelperPath(system),
  };
}

const asks: Readonly<Record<LiveName, (runtime: Runtime, within: Searched, passed: Passed) => unknown>> = {
  keys: keysIn,
  "key-file": (runtime, { trees: [cwd = ""] }) => findKeyFile(runtime, cwd) ?? null,
};

/** Whether what people's work changes is as it was, and nothing has to be warned of. */
function isLiveSame(runtime: Runtime, live: readonly Live[], passed: Passed): boolean {
  let warned = false;
  const quiet: Runtime = {
    ...runtime,
    warn: () => {
      warned = true;
    },
  };
  return (
    live.every(({ name, within, answer }) => JSON.stringify(asks[name](quiet, within, passed)) === answer) && !warned
  );
}

/** Opens what is known of a question that is usual; undefined for one of which nothing is kept. */
export function openKnown(runtime: Runtime, options: SandboxVerbOptions, dir: WorkDir): Known | undefined {
  const { system, debug } = runtime;
  const files = openKeptFiles(system);
  const key = files.keyOf(questionOf(runtime, options, dir));
  if (key === undefined) return undefined;
  const file = files.file("answers-", key);
  return {
    find() {
      const content = file.read();
      if (content === undefined) return undefined;
      const { text, bytes } = splitContent(content);
      const said: Remembered = JSON.parse(text);
      if (said.cwd !== undefined && said.cwd !== system.caller.cwd) return undefined;
      const ask = (): Passed | undefined => {
        const passed = newPassed();
        if (system.isSame?.(bytes) !== true || !isLiveSame(runtime, said.live, passed)) return undefined;
        for (const message of [...said.told, `the host answers as in ${file.path}`]) debug?.(message);
        return passed;
      };
      return { essence: said.essence, plans: openByKey(runtime, files, said.plan), ask };
    },
    keep(recorder, essence, plans) {
      const taken = recorder.taken();
      if (taken === undefined) return;
      const { log, ...rest } = taken;
      const content = joinContent({ ...rest, essence, plan: plans.key }, log);
      if (content !== undefined) file.write(content);
    },
  };
}
