// A runtime by its command line: runc and crun, and coffer as its users call it.
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { placed } from "../../defence/matrix/stage.ts";
import { tools } from "../../helpers/build.ts";
import type { Outcome } from "../../helpers/command.ts";
import type { RunOptions } from "../../helpers/peers/runtimes.ts";
import { runVerb } from "../../helpers/peers/runtimes.ts";
import type { Actor } from "./actor.ts";
import { expected, killedInside, refused, right, wrong } from "./actor.ts";
import type { Stage } from "./scenes/stage.ts";
import type { Said } from "./types.ts";

const timeoutMs = 30_000;

function saidOf(runtime: string, outcome: Outcome, error: string, isProgram: boolean): Said {
  const { exitCode, signal } = outcome;
  if (signal === "SIGKILL" && outcome.stderr.includes("ended by its test"))
    return wrong(`not within ${timeoutMs / 1000} s`);
  if (signal !== null) return wrong(`ended by ${signal}`);
  if (exitCode === (isProgram ? expected : 0)) return right;
  if (isProgram && (exitCode ?? 0) > 128) return killedInside;
  const told = error.trim().split("\n");
  if (runtime === "coffer" && (told.length !== 1 || !told[0]?.startsWith("coffer: "))) return wrong("an unclear error");
  return refused(/\((E[A-Z_]+)\)/.exec(error)?.[1] ?? "an error");
}

/** A runtime on a stage, by its command line. */
export function makeCli(stage: Stage): Actor {
  const { bundle, runtime } = stage;
  const [input, output, errors] = ["in", "out", "err"].map((name) => join(bundle.base, name));
  closeSync(openSync(input ?? "", "a"));
  /** Files for streams: a container that lives on holds them open. */
  const toFiles = ["sh", "-c", `exec "$@" <${input} >${output} 2>${errors}`, "sh"];
  const verb = async (name: string, args: readonly string[], isProgram = false, options: RunOptions = {}) => {
    const prefix = [...placed(runtime, ""), ...(options.prefix ?? toFiles)];
    const outcome = await runVerb(runtime, bundle, name, args, { timeoutMs, prefix });
    const error = options.prefix === undefined ? readFileSync(errors ?? "", "utf8") : outcome.stderr;
    return saidOf(runtime, outcome, error.replace(/^modes .*\n/m, ""), isProgram);
  };
  const onTerminal: RunOptions = { prefix: [tools(), "pty", "24x80", "--"] };
  const unsupported = async (): Promise<Said> => refused("there is no such verb");
  return {
    create: (id, path) => verb("create", ["--bundle", path, id]),
    start: (id) => verb("start", [id]),
    run: (id, path) => verb("run", ["--bundle", path, id], true),
    exec: (id, { words, cwd, terminal }) => {
      const flags = [...(cwd === undefined ? [] : ["--cwd", cwd]), ...(terminal ? ["-t"] : [])];
      return verb("exec", [...flags, id, ...words], true, terminal ? onTerminal : {});
    },
    kill: (id, signal) => verb("kill", [id, signal]),
    pause: (id) => verb("pause", [id]),
    resume: (id) => verb("resume", [id]),
    update: (id) => verb("update", ["--pids-limit", "64", id]),
    remove: (id) => verb("delete", ["--force", id]),
    events: (id) => (runtime === "crun" ? unsupported() : verb("events", ["--stats", id])),
    ps: (id) => verb("ps", [id]),
    checkpoint: (id, images) => {
      mkdirSync(images, { recursive: true, mode: 0o700 });
      return verb("checkpoint", ["--image-path", images, "--leave-running", id]);
    },
    restore: (id, path, images) => verb("restore", ["--detach", "--bundle", path, "--image-path", images, id]),
    sandbox: unsupported,
    pid: async (id) => {
      const options = { prefix: placed(runtime, ""), timeoutMs };
      const { stdout, exitCode } = await runVerb(runtime, bundle, "state", [id], options);
      if (exitCode !== 0) return 0;
      const { pid, status } = JSON.parse(stdout);
      return status === "running" || status === "paused" ? pid : 0;
    },
  };
}
