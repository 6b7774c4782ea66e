// Puts one runtime through one attempt, and says what was seen. The host is compared before and after.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import type { Bundle } from "../../helpers/bundle.ts";
import { census, makeBundle } from "../../helpers/bundle.ts";
import type { CommandOptions, Outcome, Running } from "../../helpers/command.ts";
import { command } from "../../helpers/command.ts";
import { cleanUp, mountsFor, processesOf } from "../../helpers/leftovers.ts";
import type { RunOptions } from "../../helpers/peers/runtimes.ts";
import { cofferArgv, startVerb } from "../../helpers/peers/runtimes.ts";
import type { Attempt, Build, RuntimeName, Seen, Stage } from "./types.ts";

/** crun refuses a hybrid host's cgroups: it is shown the version 1 ones alone, in a mount namespace of its own. */
const crunPlace = "if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi";

/** The words before a command that run it in a private mount namespace, after a script. */
export function placed(runtime: RuntimeName, script: string): readonly string[] {
  const own = runtime === "crun" ? [crunPlace] : [];
  const all = [...own, ...(script === "" ? [] : [script])];
  if (all.length === 0) return [];
  return ["unshare", "-m", "--propagation", "private", "sh", "-c", `set -e; ${all.join("; ")}; exec "$@"`, "sh"];
}

/** What the runtimes get of the test's own environment: the helper under test, if it is another. */
function environment({ helper }: Build): Readonly<Record<string, string>> {
  return helper === undefined ? {} : { COFFER_HELPER: helper };
}

function makeStage(runtime: RuntimeName, bundle: Bundle, script: string, build: Build): Stage {
  const begin = (name: string, args: readonly string[] = [], options: RunOptions = {}): Running => {
    const prefix = [...placed(runtime, script), ...(options.prefix ?? [])];
    const env = { ...environment(build), ...options.env };
    const { nodeArguments = [] } = build;
    return startVerb(runtime, bundle, name, args, { timeoutMs: 20_000, nodeArguments, ...options, env, prefix });
  };
  const verb = (name: string, args?: readonly string[], options?: RunOptions): Promise<Outcome> =>
    begin(name, args, options).done;
  const coffer = (words: readonly string[], options: CommandOptions = {}): Promise<Outcome> =>
    command([...cofferArgv(build.nodeArguments), ...words], { ...options, env: environment(build) });
  const run = (options?: RunOptions): Promise<Outcome> => verb("run", ["--bundle", bundle.path, bundle.tag], options);
  const pid = async (): Promise<number> => JSON.parse((await verb("state", [bundle.tag])).stdout).pid;
  return { runtime, bundle, verb, start: begin, run, coffer, pid };
}

const kernelFiles = (): readonly string[] =>
  ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_forward"].map((path) =>
    readFileSync(path, "utf8"),
  );

/** What of the host may not change, by name. */
type Host = Readonly<Record<string, readonly string[]>>;

const look = (bundle: Bundle): Host => ({
  CANARY: census(bundle.canary),
  mounts: mountsFor(bundle),
  "the kernel's parameters": kernelFiles(),
});

function changes(before: Host, after: Host): readonly string[] {
  return Object.keys(before).flatMap((name) => {
    const [old, now] = [before[name] ?? [], after[name] ?? []];
    const differs = [...now.filter((row) => !old.includes(row)), ...old.filter((row) => !now.includes(row))];
    const what = [...new Set(differs.map((row) => row.split(" ", 1)[0]))].slice(0, 3);
    return differs.length === 0 ? [] : [`${name} changed: ${name === "CANARY" ? what.join(", ") : differs[0]}`];
  });
}

/** What is wrong with a refusal of coffer's, or with there being none: any other than the one that is meant shows nothing. */
function strayOf(seen: Seen, because: RegExp | undefined): string | undefined {
  const refused = typeof seen !== "string" && "refused" in seen ? seen.refused : undefined;
  if (because === undefined) return refused === undefined ? undefined : "refused, where it is to run";
  return refused !== undefined && because.test(refused) ? undefined : "not refused for its reason";
}

/** What was seen, in words that are the same in each run. */
function withoutBase(seen: Seen, { base, tag }: Bundle): Seen {
  const plain = (text: string): string => text.replaceAll(base, "$BASE").replaceAll(tag, "$TAG");
  if (typeof seen === "string") return seen;
  return "refused" in seen ? { refused: plain(seen.refused) } : { failed: plain(seen.failed) };
}

/** Puts a runtime through an attempt. With `build` it is another coffer. */
export async function attempt(
  t: ExecutionContext,
  runtime: RuntimeName,
  { patch = {}, before = "", place = "", because, observe }: Attempt,
  build: Build = {},
): Promise<Seen> {
  const bundle = makeBundle(t, patch);
  t.teardown(() => cleanUp(bundle));
  execFileSync("sh", ["-ec", before], { cwd: bundle.base });
  const host = look(bundle);
  const stage = makeStage(runtime, bundle, place.replaceAll("$BASE", bundle.base), build);
  const seen = await observe(stage);
  if (processesOf(bundle).length > 0 || seen === "ran") await stage.verb("delete", ["--force", bundle.tag]);
  cleanUp(bundle);
  const changed = changes(host, look(bundle));
  const told = typeof seen === "string" ? [] : Object.values(seen);
  const stray = runtime === "coffer" ? strayOf(seen, because) : undefined;
  const failed = [...(stray === undefined ? [] : [stray]), ...changed];
  if (failed.length === 0) return withoutBase(seen, bundle);
  return { failed: [...told, ...failed].join("; ").replaceAll(bundle.base, "$BASE") };
}
