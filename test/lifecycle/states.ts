// A container of some runtime, brought into one of the states that a verb can meet it in.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../helpers/bundle.ts";
import { writeConfig } from "../helpers/bundle.ts";
import { frontArgv } from "../helpers/callers/front.ts";
import type { Outcome, Running } from "../helpers/command.ts";
import { start, until } from "../helpers/command.ts";
import { patched } from "../helpers/json.ts";

export const states = [
  "gone",
  "creating",
  "created",
  "running",
  "paused",
  "stopped",
  "corrupted",
  "of another boot",
] as const;
export type StateName = (typeof states)[number];

export type Runtime = "coffer" | "runc";

const program: Readonly<Record<Runtime, readonly string[]>> = {
  coffer: frontArgv("coffer-oci"),
  runc: ["runc"],
};

/** One runtime, one bundle, one id. */
export type Subject = {
  /** Runs a verb; the container keeps none of our streams. */
  readonly verb: (...words: readonly string[]) => Promise<Outcome>;
  /** Brings the container into a state, from none at all. */
  readonly enter: (name: StateName) => Promise<void>;
  /** Takes everything away, whatever the state. */
  readonly leave: () => Promise<void>;
};

const line =
  'o="$OUT/$$"; "$@" </dev/null >"$o.out" 2>"$o.err"; c=$?; cat "$o.out"; cat "$o.err" >&2; rm "$o".*; exit $c';
const sleeps = ["/probe", "sleep", "1000"];

/** Who this process is, as a container's `process` of another boot: the pid may be that of anybody by now. */
function otherBoot(): string {
  const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8");
  const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  return `${process.pid} ${startTime} 0 01234567-89ab-cdef-0123-456789abcdef\n`;
}

/** A container of a bundle, to be. */
export function makeSubject(runtime: Runtime, bundle: Bundle): Subject {
  const { base, state, tag, path, config } = bundle;
  const directory = join(state, tag);
  let holder: Running | undefined;

  async function verb(...words: readonly string[]): Promise<Outcome> {
    const argv = [...program[runtime], "--root", state, ...words];
    return start(["sh", "-c", line, "sh", ...argv], { env: { COFFER_TEST_TAG: tag, OUT: base }, cwd: base }).done;
  }

  async function ok(...words: readonly string[]): Promise<Outcome> {
    const outcome = await verb(...words);
    if (outcome.exitCode !== 0) throw new Error(`${runtime} ${words.join(" ")}: ${outcome.stderr}`);
    return outcome;
  }

  async function create(args: readonly string[]): Promise<void> {
    writeConfig(bundle, patched(config, { "/process/args": [...args] }));
    await ok("create", "--bundle", path, tag);
  }

  async function run(args: readonly string[]): Promise<void> {
    await create(args);
    await ok("start", tag);
  }

  async function stop(): Promise<void> {
    await run(["/probe", "exit", "0"]);
    await until("it has stopped", async () => /"status": *"stopped"/.test((await ok("state", tag)).stdout));
  }

  /** Somebody who makes the container: its record is there and its lock is held. */
  async function hold(): Promise<void> {
    await create(sleeps);
    const record = readFileSync(join(directory, "state.json"));
    await ok("delete", "--force", tag);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "state.json"), record, { mode: 0o600 });
    const words = ["flock", join(directory, "lock"), "sh", "-c", "echo held; read line"];
    holder = start(words, { keepStdin: true, timeoutMs: 120_000 });
    await holder.saw("held");
  }

  const ways: Readonly<Record<StateName, () => Promise<unknown>>> = {
    gone: async () => {},
    creating: hold,
    created: () => create(sleeps),
    running: () => run(sleeps),
    paused: () => run(sleeps).then(() => ok("pause", tag)),
    stopped: stop,
    corrupted: () => run(sleeps).then(() => writeFileSync(join(directory, "state.json"), "{")),
    "of another boot": () => stop().then(() => writeFileSync(join(directory, "process"), otherBoot())),
  };

  return {
    verb,
    enter: async (name) => {
      await ways[name]();
    },
    leave: async () => {
      holder?.write("\n");
      await holder?.done;
      holder = undefined;
      await verb("delete", "--force", tag);
    },
  };
}
