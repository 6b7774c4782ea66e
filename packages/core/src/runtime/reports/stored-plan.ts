// Plans in files: written for review, checked, compared, and launched again without reading any config.
import { CofferError, quote } from "../../errors.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPath } from "../../system/held.ts";
import type { Launch, LaunchInput, System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { requireVerified } from "../../verify/index.ts";
import { decodePlan } from "../../wire/decode.ts";
import { WireError } from "../../wire/error.ts";
import type { Plan, SlotName } from "../../wire/op.ts";
import { whyNotHeld } from "../launch/bundle.ts";
import type { Running } from "../launch/container.ts";
import { endAll } from "../launch/end-container.ts";
import type { Image } from "../launch/image.ts";
import { givenInput, requireTerminal, stdioOf } from "../launch/process-options.ts";
import { awaitEnd, awaitExit, awaitReport, identityOf, startLaunch } from "../launch/reports.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { detachedExit } from "../verbs/run.ts";

const maxPlan = 16 * 1024 * 1024;

/**
 * Reads and verifies a stored plan.
 *
 * @throws {CofferError} E_IO, E_PLAN_REFUSED
 */
export function readPlanFile({ system }: Runtime, file: string): Image {
  const path = toAbsolute(system, file);
  let bytes: Uint8Array;
  try {
    bytes = system.readNamed(path, maxPlan);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    const message = `cannot read the plan ${quote(path)}: ${describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, details, { cause: error });
  }
  try {
    requireVerified(bytes);
    return { plan: decode(bytes), bytes };
  } catch (error) {
    if (!CofferError.is(error, "E_PLAN_REFUSED")) throw error;
    throw new CofferError("E_PLAN_REFUSED", `${quote(path)}: ${error.message}`, error.details, { cause: error });
  }
}

/** The verifier does not ask whether text is UTF-8; a reader has to. */
function decode(bytes: Uint8Array): Plan {
  try {
    return decodePlan(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const message = `the plan cannot be read: ${error.message}`;
    throw new CofferError("E_PLAN_REFUSED", message, { rule: error.code }, { cause: error });
  }
}

function parseInput({ system }: Runtime, text: string): LaunchInput {
  const equals = text.indexOf("=");
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  if (equals <= 0 || value === "") {
    throw new CofferError("E_USAGE", `the input ${quote(text)} is not NAME=PATH or NAME=fd:N`, { argument: "input" });
  }
  const fd = /^fd:(\d{1,7})$/.exec(value)?.[1];
  return fd === undefined ? { name, path: toAbsolute(system, value) } : givenInput(system, name, Number(fd));
}

function checkInputs({ plan }: Image, inputs: readonly LaunchInput[]): void {
  const needed = plan.inputs.map((input) => input.name);
  const stray = inputs.find((input) => !needed.includes(input.name));
  if (stray !== undefined) {
    const hint = `it asks for ${needed.join(", ") || "none"}`;
    throw new CofferError("E_INPUT", `the plan asks for no input ${quote(stray.name)}`, { name: stray.name }, { hint });
  }
  const given = new Set(["stdin", "stdout", "stderr", ...inputs.map((input) => input.name)]);
  const missing = plan.inputs.find((input) => !given.has(input.name));
  if (missing === undefined) return;
  const hint = `give it with --input ${missing.name}=PATH or --input ${missing.name}=fd:N`;
  const message = `the input ${quote(missing.name)} of the plan is missing`;
  throw new CofferError("E_INPUT", message, { name: missing.name }, { hint });
}

/**
 * The cgroups that a plan makes for its container: nothing else remembers them when it has no state directory. Those above
 * may be of other containers too, and are left alone.
 */
function cgroupsOf({ ops }: Plan): readonly CgroupPlace[] {
  const above = new Set(ops.flatMap((op) => (op.op === "make-cgroup" ? [op.parent] : [])));
  const bases = new Map<SlotName, Pick<CgroupPlace, "version" | "mount" | "path">>();
  const places: CgroupPlace[] = [];
  for (const op of ops) {
    if (op.op === "open-cgroup" && (op.version === 1 || op.version === 2)) {
      bases.set(op.out, { version: op.version, mount: op.path, path: "" });
    } else if (op.op === "make-cgroup") {
      const base = bases.get(op.parent);
      if (base === undefined) continue;
      const made = { ...base, path: `${base.path}/${op.path}` };
      if (above.has(op.out)) bases.set(op.out, made);
      else places.push({ ...made, controllers: [] });
    }
  }
  return places;
}

/** Options of `runPlanFile`. */
export interface PlanFileOptions extends ProcessLaunchOptions {
  readonly file: string;
  /** `NAME=PATH` or `NAME=fd:N` for each input of the plan. */
  readonly inputs: readonly string[];
}

interface HeldInput {
  readonly input: LaunchInput;
  close(): void;
}

/** Mount points are made in a root directory: another user's link may lead to one that only the caller may change. */
function holdInput(system: System, path: string): HeldPath {
  const place = system.holdPlace(`${path}/.`);
  try {
    return system.openPath(place.at, path, "directory");
  } finally {
    place.close();
  }
}

/**
 * Holds the directories that are given by their paths. With a policy, which judges them by their paths, a link at the end is
 * left to be refused.
 */
function holdInputs({ guard, system }: Runtime, { plan }: Image, given: readonly LaunchInput[]): readonly HeldInput[] {
  return given.map((input) => {
    const type = plan.inputs.find(({ name }) => name === input.name)?.type;
    if (type !== "dir" || !("path" in input)) return { input, close: () => {} };
    const { name, path } = input;
    try {
      const { fd, path: known, close } = guard === undefined ? holdInput(system, path) : system.openDir(path);
      return { input: { name, fd, known }, close };
    } catch (error) {
      if (!SystemError.is(error)) throw error;
      // The launcher tells of what is not there.
      if (guard !== undefined || error.errno === "ENOENT" || error.errno === "ENOTDIR")
        return { input, close: () => {} };
      const message = `the input ${quote(name)} at ${quote(path)}: ${error.reason ?? whyNotHeld(error)}`;
      throw new CofferError("E_INPUT", message, { name }, { cause: error });
    }
  });
}

/** Starts a stored plan. */
async function startStored(runtime: Runtime, image: Image, options: PlanFileOptions): Promise<Launch> {
  const given = options.inputs.map((text) => parseInput(runtime, text));
  checkInputs(image, given);
  const relays = image.plan.ops.some((op) => op.op === "wait" && op.pty !== undefined);
  if (relays) requireTerminal(runtime, options, "plan a config whose /process/terminal is false");
  const held = holdInputs(runtime, image, given);
  try {
    return await startLaunch(runtime, image, {
      inputs: held.map(({ input }) => input),
      stdio: stdioOf(options),
      forwardSignals: options.forwardSignals ?? false,
      trace: options.trace ?? false,
    });
  } finally {
    for (const { close } of held) close();
  }
}

/** Launches a stored plan. */
export async function runPlanFile(runtime: Runtime, options: PlanFileOptions): Promise<Running> {
  const image = readPlanFile(runtime, options.file);
  const { plan, bytes } = image;
  const waits = plan.ops.some((op) => op.op === "wait");
  const launch = await startStored(runtime, image, options);
  const process = identityOf(runtime, await awaitReport(launch, plan, ["created", "running", "done"]));
  const running = { id: "", process, plan, planSize: bytes.length, launch };
  if (waits)
    return {
      ...running,
      wait: () => awaitExit(launch, plan).finally(() => endAll(runtime, undefined, cgroupsOf(plan))),
    };
  await awaitEnd(launch, plan);
  return { ...running, wait: async () => detachedExit };
}
