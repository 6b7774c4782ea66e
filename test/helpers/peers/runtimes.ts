// The runtimes that are compared: one interface.
import { join } from "node:path";
import { refuseStale, repository } from "../build.ts";
import type { Bundle } from "../bundle.ts";
import { frontArgv } from "../callers/front.ts";
import type { CommandOptions, Outcome, Running } from "../command.ts";
import { start } from "../command.ts";
import type { HostMode } from "../host-modes.ts";
import { inMode } from "../host-modes.ts";

export type RuntimeName = "coffer" | "runc" | "crun";

export type RunOptions = CommandOptions & {
  readonly mode?: HostMode;
  /** Words before the command: another user, a tool. */
  readonly prefix?: readonly string[];
  readonly keepStdin?: true;
  /** Arguments of Node, before coffer. */
  readonly nodeArguments?: readonly string[];
};

/** The words that start `coffer` as this checkout has built it. */
export function cofferArgv(nodeArguments: readonly string[] = []): readonly string[] {
  refuseStale();
  return frontArgv("coffer", nodeArguments);
}

/** The helper that was built for an architecture; for this machine's without one. */
export function helperPath(arch = process.arch === "arm64" ? "aarch64" : "x86_64"): string {
  refuseStale();
  return join(repository, `packages/core/native/coffer-helper-${arch}`);
}

/** The helper that the tests were told to try instead (test/helper/sanitised.test.ts). */
export function helperEnv(): Readonly<Record<string, string>> {
  const { COFFER_HELPER: helper } = process.env;
  return helper === undefined ? {} : { COFFER_HELPER: helper };
}

/** The words of one verb: `--root` goes where each runtime takes it. */
export function verbWords(
  name: RuntimeName,
  bundle: Bundle,
  verb: string,
  args: readonly string[],
  { nodeArguments }: RunOptions = {},
): readonly string[] {
  if (name === "coffer") return [...cofferArgv(nodeArguments), verb, "--root", bundle.state, ...args];
  return [name, "--root", bundle.state, verb, ...args];
}

/** Starts a verb of a runtime. */
export function startVerb(
  name: RuntimeName,
  bundle: Bundle,
  verb: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Running {
  const env = { ...helperEnv(), COFFER_TEST_TAG: bundle.tag, ...options.env };
  const argv = [
    ...inMode(options.mode ?? "host"),
    ...(options.prefix ?? []),
    ...verbWords(name, bundle, verb, args, options),
  ];
  return start(argv, { ...options, env });
}

/** Runs a verb of a runtime to its end. */
export function runVerb(
  name: RuntimeName,
  bundle: Bundle,
  verb: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Outcome> {
  return startVerb(name, bundle, verb, args, options).done;
}

/** Runs the bundle in the foreground. */
export function runBundle(name: RuntimeName, bundle: Bundle, options: RunOptions = {}): Promise<Outcome> {
  return runVerb(name, bundle, "run", ["--bundle", bundle.path, bundle.tag], options);
}

/** Runs a verb of coffer. */
export function coffer(bundle: Bundle, verb: string, args: readonly string[] = [], options: RunOptions = {}) {
  return runVerb("coffer", bundle, verb, args, options);
}
