// A sandbox that stays open: more than one command runs in it, and what it may reach can change meanwhile.
import { toWords } from "../../defaults/index.ts";
import { CofferError, InternalError } from "../../errors.ts";
import { signalRunning } from "../../runtime/launch/without-launcher.ts";
import { placesOf, requireAllowed } from "../../runtime/policy/guard.ts";
import { underPolicy } from "../../runtime/policy/under-policy.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { holdWrites } from "../../runtime/sandbox/rights/change.ts";
import type { SessionRights } from "../../runtime/sandbox/rights/rights.ts";
import { makeRights } from "../../runtime/sandbox/rights/rights.ts";
import { forget, writeCommand } from "../../runtime/store/store.ts";
import { prepareExec } from "../../runtime/verbs/exec.ts";
import type { RunningSandbox } from "../../runtime/verbs/sandbox.ts";
import { newSandboxId, sandbox as sandboxVerb } from "../../runtime/verbs/sandbox.ts";
import { signalNumbers } from "../../system/signals.ts";
import { isGivenUp, makeBound } from "../bound.ts";
import { commandKnown, readOptions, sessionFilesKnown, sessionKnown } from "../check-options.ts";
import type { ProcessRunOptions, RunResult } from "../options.ts";
import type { SandboxPlace } from "../sandbox.ts";
import { toVerbOptions } from "../sandbox.ts";
import { runtimeOf } from "../subprocess.ts";
import type { SessionExec } from "./exec.ts";
import { execInSession } from "./exec.ts";

/** Options of `openSandbox`. */
export interface SessionOptions extends SandboxPlace {
  /** Rejects with E_TIMEOUT, and leaves nothing, when the sandbox is not there after that time. Default 0: never. */
  readonly timeoutMs?: number | undefined;
  /** Ends the sandbox, with all that runs in it. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a command of a session. */
export type CommandOptions = Pick<ProcessRunOptions, "env" | "cwd">;

/** What somebody else's `spawn` takes. The command runs in the sandbox, and the program has its streams and its status. */
export interface SessionCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** All that it needs: what a command gets is an option of `command`. */
  readonly env: Readonly<Record<string, string>>;
  /** The words of `file` and `args` for a shell. */
  readonly shell: string;
}

/** How a session has ended: what it has left in directories of the host that programs of the host act upon. */
export type SessionEnd = Pick<RunResult, "left">;

/** An open sandbox. With `await using` it ends at the end of the block. */
export interface SandboxSession extends AsyncDisposable, SessionRights {
  readonly id: string;
  /** The pid of its first process, as the host has it. */
  readonly pid: number;
  /** Settles when the sandbox is over, with all that runs in it, whoever has ended it. */
  readonly ended: Promise<SessionEnd>;
  /** Runs a command in it. The sandbox has the same files and the same network for all of its commands. */
  readonly exec: SessionExec;
  /**
   * Makes a command for somebody else's `spawn`. It can be run as often as wanted while the session is open. It needs no
   * descriptor, and its program is the helper alone.
   */
  command(args: readonly string[], options?: CommandOptions): Promise<SessionCommand>;
  /** Lets this process end while the session is open: the session then ends too. */
  unref(): void;
  /** Ends it, and kills all that runs in it. */
  close(): Promise<void>;
}

/** The first process of a session. It waits for the end of a pipe that this process holds, and for nothing else. */
const waiting = "cat";
const waitingDirs = ["/usr/bin", "/bin"] as const;

/** Found on the host: the variables of the session are its commands'. */
function findWaiting({ system }: Runtime): string {
  const dir = waitingDirs.find((one) => system.canAccess(`${one}/${waiting}`, "execute"));
  return dir === undefined ? waiting : `${dir}/${waiting}`;
}

/** How long the first process may take to end by itself: what runs in the sandbox can stop it. */
const graceMs = 500;

/** Ends a session: its pipe, and then by force. */
function makeEnd(runtime: Runtime, running: RunningSandbox, over: Promise<unknown>): () => Promise<void> {
  return async () => {
    const timer = setTimeout(() => {
      signalRunning(runtime, running, signalNumbers.KILL).catch(() => running.launch.signal(signalNumbers.KILL));
    }, graceMs);
    running.launch.stdin?.end();
    await over.finally(() => clearTimeout(timer));
  };
}

const quoteWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Opens the plan, and becomes the launcher, which passes on the signals that it gets. */
const script = 'exec "$0" launch --plan-fd 3 3<"$1"';
const shell = "/bin/sh";

/** Plans a command once. Its plan is in the state directory of the session, which no sandbox sees. */
async function makeCommand(
  runtime: Runtime,
  id: string,
  args: readonly string[],
  { env, cwd }: CommandOptions,
): Promise<SessionCommand> {
  const helper = runtime.system.helperPath?.();
  if (helper === undefined) throw new InternalError("there is no helper to start");
  const { image, inputs } = await prepareExec(runtime, { id, args, cwd, env: toWords(env ?? {}) });
  requireAllowed(runtime, { ...image, ...placesOf(inputs) });
  const words = ["-c", script, helper, writeCommand(runtime, id, image.bytes)];
  return { file: shell, args: words, env: {}, shell: [shell, ...words].map(quoteWord).join(" ") };
}

async function launch(
  runtime: Runtime,
  { guarded, ...options }: SessionOptions & { readonly guarded?: readonly string[] | undefined },
  id: string,
  cancel: AbortSignal,
) {
  const { name, timeoutMs, ...own } = toVerbOptions(runtime, { ...options, args: [findWaiting(runtime)] });
  if (timeoutMs !== undefined) {
    const hint = "leave it out of the file, and give timeoutMs to each command";
    throw new CofferError(
      "E_USAGE",
      "a file of settings sets a timeout, which a session has not",
      { argument: "profiles" },
      { hint },
    );
  }
  const opens = options.network?.allow !== undefined || options.onAsked !== undefined;
  return sandboxVerb(runtime, {
    ...own,
    guarded,
    name,
    id,
    opens,
    stated: true,
    cancel,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

function makeSession(runtime: Runtime, id: string, running: RunningSandbox, isAnonymous: boolean): SandboxSession {
  running.launch.stdin?.on("error", () => {});
  const writes = holdWrites(runtime, running);
  // A session without name and cgroups leaves nothing to `delete`.
  const leaves = !isAnonymous || running.plan.ops.some(({ op }) => op === "make-cgroup" || op === "call-bus");
  const stop = leaves ? undefined : runtime.system.atExit?.(() => forget(runtime, id));
  const ended = running.wait().then(
    ({ left = [] }): SessionEnd => {
      writes.close();
      stop?.();
      return { left };
    },
    (error: unknown) => {
      writes.close();
      stop?.();
      throw error;
    },
  );
  // Who does not look at `ended` learns of a failure by `close`.
  ended.catch(() => {});
  const close = makeEnd(runtime, running, ended);
  const rights = makeRights(running, writes, (files) => readOptions(files, sessionFilesKnown));
  return {
    id,
    pid: running.process.pid,
    ended,
    exec: execInSession(runtime, running, writes),
    command: async (args, options = {}) => makeCommand(runtime, id, [...args], readOptions(options, commandKnown)),
    ...rights,
    unref: () => running.launch.unref?.(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Opens a sandbox in which more than one command runs. It ends with this process at the latest.
 *
 * @throws {CofferError} E_USAGE, E_POLICY, E_LAUNCH_FAILED and others
 * @example
 * await using session = await openSandbox({ cwd: "/src/project", writable: true, network: { allow: [] } });
 * session.allow("registry.npmjs.org:443");
 * const { exitCode } = await session.exec("npm", ["ci"]);
 */
export function openSandbox(given: SessionOptions = {}): Promise<SandboxSession> {
  return openGuarded(given, undefined);
}

/** The same, with further names that stay as they are in trees that can be written; with a fence, those that are missing as well. */
export async function openGuarded(
  given: SessionOptions,
  guarded: readonly string[] | undefined,
): Promise<SandboxSession> {
  const options = { ...readOptions(given, sessionKnown), guarded };
  options.signal?.throwIfAborted();
  const runtime = await underPolicy(runtimeOf(options), options.policy);
  const id = options.name ?? newSandboxId(runtime);
  const bound = makeBound(options);
  try {
    const session = makeSession(
      runtime,
      id,
      await launch(runtime, options, id, bound.signal),
      options.name === undefined,
    );
    const { signal } = options;
    const end = (): void => void session.close().catch(() => {});
    signal?.addEventListener("abort", end, { once: true });
    void session.ended.finally(() => signal?.removeEventListener("abort", end)).catch(() => {});
    return session;
  } catch (error) {
    throw isGivenUp(bound, error) ? bound.signal.reason : error;
  } finally {
    bound.stop();
  }
}
