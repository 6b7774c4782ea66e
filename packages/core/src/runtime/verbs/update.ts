import { parseJson, parseResources, stringifyJson } from "@coffer/spec";
import { checkUsage, mergeCurrent, needsRuntimeFirst, needsSwapFirst } from "../../cgroup/current.ts";
import { CofferError } from "../../errors.ts";
import { probeHost } from "../../host/probe.ts";
import type { ResctrlPlace, UpdateOptions } from "../../plan/index.ts";
import { planUpdate } from "../../plan/index.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { readUserFile } from "../launch/bundle.ts";
import { readDocument } from "../launch/errors/spec-error.ts";
import { runHostPlan } from "../launch/reports.ts";
import { warnUnknown } from "../policy/unknown-fields.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { withLock } from "../store/lock.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";
import type { UpdateFlags } from "./update-flags.ts";
import { resourcesOfFlags } from "./update-flags.ts";

const maxResources = 16 * 1024 * 1024;

/** Options of `update`. */
export interface UpdateVerbOptions {
  /** A file with a resources object, or `-` for standard input; the other flags say nothing then. */
  readonly resources?: string | undefined;
  readonly flags?: UpdateFlags | undefined;
}

type ReadResources = Pick<UpdateOptions, "resources"> & Required<Pick<UpdateOptions, "warnings">>;

function readText(what: string, text: string): ReadResources {
  return readDocument(what, () => ({
    resources: parseResources(text),
    warnings: warnUnknown(parseJson(text), "resources"),
  }));
}

async function readResources(runtime: Runtime, options: UpdateVerbOptions): Promise<ReadResources> {
  const { resources: file = "", flags = {} } = options;
  if (file === "") return readText("update", stringifyJson(resourcesOfFlags(flags)));
  if (file === "-") return readText("resources on standard input", await runtime.system.readInput(maxResources));
  const path = toAbsolute(runtime.system, file);
  const text = readUserFile(runtime.system, "the resources", path);
  return readText(`resources ${path}`, text);
}

/**
 * Changes the limits of a container.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_CONTAINER_STATE
 */
export async function update(runtime: Runtime, id: string, options: UpdateVerbOptions): Promise<void> {
  const record = readRecord(runtime, id);
  const { cgroups, config, resctrl } = record;
  const { resources: asked, warnings } = await readResources(runtime, options);
  await withLock(runtime, id, async (lock) => {
    const { status, identity } = await findStatus(runtime, id, { holdsLock: true, record });
    if (identity === undefined)
      throw wrongStatus(id, status, ["created", "running", "paused"], "container not running");
    checkUsage(runtime.system, cgroups, asked.memory);
    const resources = mergeCurrent(runtime.system, cgroups, asked);
    const current = {
      swapFirst: needsSwapFirst(runtime.system, cgroups, asked.memory),
      runtimeFirst: needsRuntimeFirst(runtime.system, cgroups, asked.cpu),
    };
    const facts = probeHost(runtime.system, { paths: [], systemd: cgroups.some(({ unit }) => unit !== undefined) });
    const schemata = schemataOf(options, resctrl);
    const plan = planUpdate({ resources, facts, cgroups, current, schemata, warnings, config });
    tellWarnings(runtime, plan, "resources");
    if (plan.ops.length > 0) await runHostPlan(runtime, plan, [], lock);
  });
}

/** The lines that the flags name, for the group that the container is in. */
function schemataOf(
  { resources: file = "", flags = {} }: UpdateVerbOptions,
  place: ResctrlPlace | undefined,
): UpdateOptions["schemata"] {
  const given = (["l3-cache-schema", "mem-bw-schema"] as const).filter((flag) => file === "" && flags[flag]);
  const [argument] = given;
  if (argument === undefined) return undefined;
  const message = `--${argument} is refused: the container was made without a resctrl group`;
  if (place === undefined) throw new CofferError("E_USAGE", message, { argument });
  return { place, lines: given.map((flag) => flags[flag] ?? "") };
}
