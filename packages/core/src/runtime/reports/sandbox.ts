// What a sandbox would be: its plan, its audit, and whether it may do something. Nothing is launched.

import type { Severity } from "../../audit/index.ts";
import { parseTarget } from "../../egress/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import type { PlanLook } from "../../explain/index.ts";
import { planText } from "../../explain/index.ts";
import type { Subject } from "../../exposure/index.ts";
import { probeHost, probeLsm, probeSeenAtIds } from "../../host/probe.ts";
import { findUsernsSwitch } from "../../host/probe-userns.ts";
import { optional } from "../../system/error.ts";
import type { LaunchInput, System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { readRules } from "../egress/sandbox-network.ts";
import { userNetworkRules } from "../egress/user-network.ts";
import { placesOf } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import type { SandboxVerbOptions } from "../sandbox/plan.ts";
import type { PreparedSandbox } from "../sandbox/prepare.ts";
import { findView, inWorkDir, prepareSandbox } from "../sandbox/prepare.ts";
import { findPath } from "../sandbox/real-path.ts";
import { atRun } from "../sandbox/sockets/names.ts";
import type { Answer, Operation } from "../sandbox/why.ts";
import { whyHost, whyPath } from "../sandbox/why.ts";
import type { AuditResult } from "./audit.ts";
import { auditSubject } from "./audit.ts";
import { plannedId } from "./planned-id.ts";

type Form = "text" | "json";

/** What `sandbox` would launch, except that its id names nothing. */
function planned<T>(
  runtime: Runtime,
  options: SandboxVerbOptions,
  action: (made: PreparedSandbox, input: LaunchInput) => T | Promise<T>,
): Promise<T> {
  return inWorkDir(runtime, options, async (dir) => {
    const made = prepareSandbox(runtime, { id: plannedId, ...options }, dir, { makes: false });
    const { tree } = made.asked.view;
    return action(made, { name: "workdir", fd: dir.at.fd, known: tree });
  });
}

/** The plan of a sandbox as text or JSON. */
export function showSandboxPlan(
  runtime: Runtime,
  options: SandboxVerbOptions,
  form: Form,
  look?: PlanLook,
): Promise<string> {
  return planned(runtime, options, ({ prepared: { image } }) => planText(image, form, look));
}

/** Looks at the plan of a sandbox, with what is known besides. */
export function sandboxSubject<T>(
  runtime: Runtime,
  options: SandboxVerbOptions,
  action: (subject: Subject) => T | Promise<T>,
): Promise<T> {
  const { system } = runtime;
  return planned(runtime, options, ({ prepared }, input) => {
    const usernsOff = findUsernsSwitch(system, probeHost(system, { paths: [] }).privileged)?.name;
    const host = { hostLsm: probeLsm(system), seenAtIds: probeSeenAtIds(system), usernsOff };
    return action({ ...prepared.image, ...host, ...placesOf([input]) });
  });
}

/** A sandbox has flags, and no config. */
const sandboxFixes = { "pids-unlimited": "add --pids N", "memory-unlimited": "add --memory SIZE" };

/** What a sandbox could do to its host. */
export function auditSandbox(
  runtime: Runtime,
  options: SandboxVerbOptions,
  how: { readonly form: Form; readonly failOn?: Severity | undefined },
): Promise<AuditResult> {
  const accepted = acceptedIn(options);
  return sandboxSubject(runtime, options, (subject) => auditSubject(runtime, subject, how, sandboxFixes, accepted));
}

/** What the caller has accepted of the project's file. */
function acceptedIn({ layers = [] }: SandboxVerbOptions): AuditResult["accepted"] {
  const standing = layers.find((layer) => layer.standing?.accepted !== undefined)?.standing;
  return standing?.accepted === undefined ? undefined : { file: standing.file, asks: standing.accepted };
}

/** The port of a host that is named without one. */
const usualPort = 443;

function targetOf(word: string) {
  const target = parseTarget(word, usualPort);
  if (target !== undefined) return target;
  const hint = "give HOST, HOST:PORT or [ADDRESS]:PORT";
  throw new CofferError("E_USAGE", `${quote(word)} is no host`, { argument: "target" }, { hint });
}

/** A word is a path if it looks like one, or names something in the working directory. */
function isPath({ stat, caller }: System, word: string): boolean {
  if (/^[./]/.test(word)) return true;
  return !word.includes(":") && (word.includes("/") || optional(() => stat(`${caller.cwd}/${word}`)) !== undefined);
}

/**
 * Tells whether a sandbox may read or write a path, or connect to a unix socket or a host.
 *
 * @param asked.op Default: `read` for a path that is no socket, else `connect`.
 */
export function whySandbox(
  runtime: Runtime,
  options: SandboxVerbOptions,
  asked: { readonly word: string; readonly op?: Operation | undefined },
): Promise<Answer> {
  const { word } = asked;
  const { system } = runtime;
  const path = isPath(system, word) ? atRun(toAbsolute(system, word)) : undefined;
  const isSocket = path !== undefined && findPath(system, path)?.kind === "socket";
  const { op = path === undefined || isSocket ? "connect" : "read" } = asked;
  if (word === "") throw new CofferError("E_USAGE", "the word is empty: give a path or a host", { argument: "path" });
  return inWorkDir(runtime, options, async (dir) => {
    const { network = {} } = options;
    if (op === "connect" && !isSocket) {
      const rules = readRules(network);
      const rows = network.mode === "user" ? userNetworkRules(system, rules).rows : undefined;
      return whyHost(rules, network.hostPorts ?? [], targetOf(word), rows);
    }
    const view = findView(runtime, options, dir, { makes: false });
    return whyPath(system, view, path ?? toAbsolute(system, word), op);
  });
}

/** An answer as a line. */
export function printAnswer({ op, target, allowed, why, add }: Answer): string {
  return `${allowed ? "allowed" : "denied"}: ${op} ${target}: ${why}${add === undefined ? "" : `: add ${add}`}`;
}
