// Coffer by its API, in this process: so cheap that every cell can have many runs.
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import type { Runtime } from "@coffer/core";
import { CofferError, openRuntime, verbs } from "@coffer/core";
import { nodeSystem } from "../../../packages/core/src/system/node.ts";
import type { Stdio, System } from "../../../packages/core/src/system/port.ts";
import type { Actor } from "./actor.ts";
import { killedInside, refused, right, saidOfProgram, wrong } from "./actor.ts";
import type { Stage } from "./scenes/stage.ts";
import type { Said } from "./types.ts";

/** How long init may say nothing: in all other respects the runtime is as it is. */
const initTimeoutMs = 1000;
/** How long a program of an exec may run: an attacker may stop it, which is no fault of the runtime. */
const programMs = 2500;

const nowhere = ["ignore", "ignore", "ignore"] as const;
const pause = (ms: number): Promise<"late"> => new Promise((resolve) => setTimeout(() => resolve("late"), ms));

/** The machine, with a launcher that has little patience with init. */
function hasty(notifySocket?: string): System {
  const system = nodeSystem;
  return {
    ...system,
    get caller() {
      const { caller } = system;
      return notifySocket === undefined ? caller : { ...caller, env: { ...caller.env, NOTIFY_SOCKET: notifySocket } };
    },
    launch: (request) => system.launch({ initTimeoutMs, ...request }),
    lockToLaunch: (path, timeoutMs, setup, late) =>
      system.lockToLaunch(path, timeoutMs, { initTimeoutMs, ...setup }, late),
  };
}

/** The words of an error that are the same in each run: its code, and the kernel's. */
function classOf(error: CofferError): string {
  const name = "errnoName" in error.details ? ` ${error.details.errnoName}` : "";
  return `${error.code}${name}`;
}

async function say(act: () => Promise<unknown>): Promise<Said> {
  try {
    const said = await act();
    return said === killedInside ? killedInside : right;
  } catch (error) {
    if (!CofferError.is(error)) return wrong(String(error).split("\n")[0] ?? "");
    return /\n/.test(error.message) && error.code !== "E_CRIU_FAILED"
      ? wrong(`an error of several lines: ${error.code}`)
      : refused(classOf(error));
  }
}

type Program = Awaited<ReturnType<typeof verbs.exec>>;

/** The end of a program, which is killed when it is late. */
async function endOf(program: Program, ms: number): Promise<Said> {
  const ended = program.wait();
  if ((await Promise.race([ended, pause(ms)])) === "late") {
    try {
      process.kill(program.process.pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  const { status, signal } = await ended;
  return saidOfProgram(signal === undefined ? status : undefined);
}

/** Coffer on a stage. */
export function makeApi(stage: Stage): Actor {
  const runtime = openRuntime({ root: stage.bundle.state, system: hasty() });
  // That of the attacker's container, which a service manager waits for.
  const managed =
    stage.manager === undefined
      ? runtime
      : openRuntime({ root: stage.bundle.state, system: hasty(stage.manager.socket) });
  const runtimeOf = (bundle: string): Runtime => (bundle === stage.bundle.path ? managed : runtime);
  const noNewKeyring = stage.as === "user";
  const own = { noNewKeyring } as const;
  const onTerminal = async (act: (stdio: readonly [Stdio, Stdio, Stdio]) => Promise<Said>): Promise<Said> => {
    const fd = openSync(stage.terminal, constants.O_RDWR | constants.O_NOCTTY);
    try {
      return await act([fd, fd, fd]);
    } finally {
      closeSync(fd);
    }
  };
  let said: Said = right;
  const ends = async (act: () => Promise<Said>): Promise<Said> => {
    const outcome = await say(async () => {
      said = await act();
      return said;
    });
    return outcome;
  };
  return {
    create: (id, bundle) => say(() => verbs.create(runtimeOf(bundle), { id, bundle, stdio: nowhere, ...own })),
    start: (id) => say(() => verbs.start(id.endsWith("-a") ? managed : runtime, id)),
    run: (id, bundle, streams) => {
      const act = (stdio: readonly [Stdio, Stdio, Stdio]): Promise<Said> =>
        ends(async () => endOf(await verbs.run(runtimeOf(bundle), { id, bundle, stdio, ...own }), programMs));
      return streams === "terminal" ? onTerminal(act) : act(nowhere);
    },
    exec: (id, { words: args, cwd, terminal = false }) => {
      const act = (stdio: readonly [Stdio, Stdio, Stdio]): Promise<Said> =>
        ends(async () => endOf(await verbs.exec(runtime, { id, args, cwd, terminal, stdio, ...own }), programMs));
      return terminal ? onTerminal(act) : act(nowhere);
    },
    kill: (id, signal) => say(() => verbs.kill(runtime, id, { signal })),
    pause: (id) => say(() => verbs.pause(runtime, id)),
    resume: (id) => say(() => verbs.resume(runtime, id)),
    update: (id) => say(() => verbs.update(runtime, id, { flags: { "pids-limit": "64" } })),
    remove: (id) => say(() => verbs.remove(runtime, id, { force: true })),
    events: (id) => say(() => verbs.events(runtime, id, { stats: true, emit: () => {} })),
    ps: (id) => say(() => verbs.ps(runtime, id)),
    checkpoint: (id, imagePath) => {
      mkdirSync(imagePath, { recursive: true, mode: 0o700 });
      return say(() => verbs.checkpoint(runtime, id, { imagePath, leaveRunning: true }));
    },
    restore: (id, bundle, imagePath) =>
      say(() => verbs.restore(runtime, { id, bundle, imagePath, detach: true, stdio: nowhere })),
    sandbox: (args, cwd, { ms, fence }) =>
      onTerminal((stdio) =>
        ends(async () => endOf(await verbs.sandbox(runtime, { args, cwd, writable: true, fence, stdio }), ms)),
      ),
    pid: async (id) => {
      try {
        const { pid, status } = await verbs.state(runtime, id);
        return status === "running" || status === "paused" ? pid : 0;
      } catch {
        return 0;
      }
    },
  };
}
