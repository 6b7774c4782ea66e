// What a session may write, changed while it runs: less at any time, and again what it was opened with (decision 0040).

import { doors } from "../../../audit/checks/seccomp-doors.ts";
import { CofferError, quote } from "../../../errors.ts";
import { letThrough, servedTables } from "../../../exposure/filters.ts";
import { readExposure } from "../../../exposure/index.ts";
import type { TreeLine } from "../../../host/mountinfo.ts";
import { readMountTree } from "../../../host/mountinfo.ts";
import { isBeneath } from "../../../paths.ts";
import { planChangeMounts } from "../../../plan/index.ts";
import type { LaunchInput } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { Plan } from "../../../wire/op.ts";
import { runHostPlan } from "../../launch/reports.ts";
import type { Runtime } from "../../runtime.ts";
import type { RunningSandbox } from "../../verbs/sandbox.ts";
import { once } from "../plan.ts";
import type { HeldMounts } from "./held.ts";
import { holdMounts, mountsBeneath, writtenElsewhere } from "./held.ts";

/** What of its files a session may write. */
export interface Writes {
  /** Lets nothing be written at paths and beneath them. */
  deny(paths: readonly string[]): Promise<void>;
  /** Lets be written at paths and beneath them what the session was opened with. */
  allow(paths: readonly string[]): Promise<void>;
  /** What `deny` has taken. */
  taken(): readonly string[];
  close(): void;
}

/** How often something that is being written is tried again, as a call that makes a name needs a moment. */
const tries = 5;
const pauseMs = 20;
/** So many paths are named in a hint. */
const mostListed = 8;

/** What a plan says of a sandbox's mounts. */
function readMounting(plan: Plan) {
  const { changesMounts, filters, namespaces } = readExposure({ plan, made: true });
  const [, , , calls] = doors["user-namespaces"] ?? [];
  const served = servedTables(filters);
  const isOpen = calls === undefined || calls.some((call) => letThrough(filters, served, call).length > 0);
  return {
    /** A process of it can have a copy of its mounts, which nobody outside can change. */
    copies: changesMounts || isOpen,
    ownsUsers: namespaces.user.whose === "own",
  };
}

function explain(path: string, error: unknown): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "change-mount") return error;
  const { errnoName, hint } = error.details;
  const why = errnoName === "EBUSY" ? "something is open for writing" : `the kernel says ${errnoName}`;
  const details = { path, ...(errnoName === undefined ? {} : { errnoName }) };
  return new CofferError("E_IO", `cannot change what is written at ${quote(path)}: ${why}`, details, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

const isBusy = (error: unknown): boolean =>
  CofferError.is(error, "E_LAUNCH_FAILED") && error.details.errnoName === "EBUSY";

/** A session, and its mounts. */
interface Held {
  readonly runtime: Runtime;
  readonly running: RunningSandbox;
  readonly mounts: HeldMounts;
  /** The paths that cannot be written. */
  readonly taken: Set<string>;
  readonly mounting: () => ReturnType<typeof readMounting>;
}

async function change(
  { runtime, running, mounts, mounting }: Held,
  path: string,
  ids: readonly number[],
  readonly: boolean,
) {
  const inputs = ids.flatMap((id, index): readonly LaunchInput[] => {
    const held = mounts.byNumber.get(id);
    return held === undefined ? [] : [{ name: `mount-${index}`, fd: held.fd }];
  });
  const plan = planChangeMounts({
    target: running.process,
    ownsUsers: mounting().ownsUsers,
    mounts: inputs.map(({ name }) => name),
    readonly,
  });
  for (let left = tries; inputs.length > 0; left -= 1) {
    try {
      return await runHostPlan(runtime, plan, inputs);
    } catch (error) {
      if (left <= 1 || !isBusy(error)) throw explain(path, error);
      await runtime.system.sleep(pauseMs);
    }
  }
}

/** The mount of each path, which a rule has given the session. */
function topsOf({ runtime, mounts }: Held, paths: readonly string[]) {
  return paths.map((word) => {
    const path = toAbsolute(runtime.system, word);
    const top = mounts.named.get(path);
    if (top !== undefined) return { path, top };
    const known = [...mounts.named.keys()].slice(0, mostListed).map(quote).join(", ");
    const hint = known === "" ? "it was opened to write nothing" : `such are, by their paths inside, ${known}`;
    const message = `${quote(word)} is no path of its own that the session was opened to write`;
    throw new CofferError("E_USAGE", message, { argument: "write" }, { hint });
  });
}

function refuseCopies({ mounting }: Held): void {
  if (!mounting().copies) return;
  const hint = "open it without what lets it make namespaces, or end it";
  const message = "what may be written is not taken away: a process of the session can have a copy of its mounts";
  throw new CofferError("E_USAGE", message, { argument: "write" }, { hint });
}

function refuseAlias(mounts: readonly TreeLine[], tops: readonly { readonly path: string; readonly top: number }[]) {
  const taken = tops.flatMap(({ top }) => mountsBeneath(mounts, top)).filter(({ isReadOnly }) => !isReadOnly);
  const other = writtenElsewhere(mounts, taken);
  if (other === undefined) return;
  const hint = `deny ${quote(other.point)} in the same call`;
  const message = `what may be written at ${quote(tops[0]?.path ?? "")} can be written at ${quote(other.point)} too`;
  throw new CofferError("E_USAGE", message, { argument: "write" }, { hint });
}

async function denyAll(held: Held, paths: readonly string[]): Promise<void> {
  const { runtime, running } = held;
  const look = () => readMountTree(runtime.system, running.process.pid);
  const tops = topsOf(held, paths);
  refuseCopies(held);
  refuseAlias(look(), tops);
  for (const { path, top } of tops) {
    await change(held, path, [top], true);
    held.taken.add(path);
    const left = mountsBeneath(look(), top).find(({ isReadOnly }) => !isReadOnly);
    if (left === undefined) continue;
    throw new CofferError("E_IO", `${quote(left.point)} can still be written`, { path: left.point });
  }
}

async function allowAll(held: Held, paths: readonly string[]): Promise<void> {
  const { runtime, running, mounts } = held;
  for (const { path, top } of topsOf(held, paths)) {
    const beneath = mountsBeneath(readMountTree(runtime.system, running.process.pid), top);
    const given = beneath.filter(({ id, isReadOnly }) => isReadOnly && mounts.byNumber.has(id));
    await change(
      held,
      path,
      given.map(({ id }) => id),
      false,
    );
    for (const one of held.taken) if (isBeneath(one, path)) held.taken.delete(one);
  }
}

/** Lets what a session may write be changed. Called before anything but its first process runs in it. */
export function holdWrites(runtime: Runtime, running: RunningSandbox): Writes {
  const mounts = holdMounts(runtime.system, running.process.pid, running.rules());
  const held = { runtime, running, mounts, taken: new Set<string>(), mounting: once(() => readMounting(running.plan)) };
  let last: Promise<unknown> = Promise.resolve();
  let isOver = false;
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const next = last.then(() => {
      if (!isOver) return act();
      const details = { id: running.id, status: "stopped", needed: ["running"] };
      throw new CofferError("E_CONTAINER_STATE", `the session ${quote(running.id)} has ended`, details);
    });
    last = next.catch(() => {});
    return next;
  };
  return {
    deny: (paths) => inTurn(() => denyAll(held, paths)),
    allow: (paths) => inTurn(() => allowAll(held, paths)),
    taken: () => [...held.taken],
    close: () => {
      isOver = true;
      mounts.close();
    },
  };
}
