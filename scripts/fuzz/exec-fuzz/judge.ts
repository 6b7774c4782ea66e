// What must hold when a plan that the verifier takes has been executed, whatever is in it.
import { readFileSync, readlinkSync } from "node:fs";
import type { Plan, PlanOp } from "../../../packages/core/src/wire/op.ts";
import type { Launched } from "../../../test/helper/launch.ts";
import type { Bundle } from "../../../test/helpers/bundle.ts";
import { census } from "../../../test/helpers/bundle.ts";
import type { ProbeFacts } from "../../../test/helpers/facts.ts";
import { parseFacts } from "../../../test/helpers/facts.ts";

/** The machine outside, before the run. */
export type Outside = { readonly mounts: string; readonly canary: string };

export const outsideOf = (bundle: Bundle): Outside => ({
  mounts: readFileSync("/proc/self/mountinfo", "utf8"),
  canary: census(bundle.canary).join("\n"),
});

const find = <N extends PlanOp["op"]>({ ops }: Plan, name: N) =>
  ops.filter((op): op is Extract<PlanOp, { readonly op: N }> => op.op === name);

function judgeFds(plan: Plan, { fds }: ProbeFacts): readonly string[] {
  const placed = new Set<number>([0, 1, 2, ...find(plan, "place-fd").map(({ target }) => Number(target))]);
  return fds.flatMap(({ fd, link }) => {
    if (!placed.has(fd)) return [`descriptor ${fd} (${link}) is open inside`];
    return link === null || /^(pipe:|socket:|\/dev\/)/.test(link) ? [] : [`descriptor ${fd} is ${link}`];
  });
}

/** Whether execve(2) gives the program the bounding set: root gets it without no_new_privs (capabilities(7)). */
function isRaised(plan: Plan): boolean {
  return find(plan, "set-no-new-privs").length === 0 && Number(find(plan, "set-ids").at(-1)?.uid) === 0;
}

function judgeRights(plan: Plan, facts: ProbeFacts): readonly string[] {
  const wanted = find(plan, "set-caps").at(-1);
  const kept = find(plan, "drop-bounding").reduce((all, { keep }) => all & BigInt(keep), ~0n);
  const caps = (name: string): bigint => BigInt(`0x${facts.caps[name] ?? "0"}`);
  const found: string[] = [];
  if (wanted === undefined) found.push("a program ran without set-caps");
  else if (caps("effective") & ~(isRaised(plan) ? kept : BigInt(wanted.permitted)))
    found.push(`capabilities ${facts.caps.effective}`);
  if (caps("bounding") & ~kept) found.push(`bounding set ${facts.caps.bounding}`);
  if (find(plan, "set-no-new-privs").length > 0 && facts.noNewPrivs !== 1) found.push("no_new_privs is not set");
  return found;
}

const outside = { user: readlinkSync("/proc/self/ns/user"), mnt: readlinkSync("/proc/self/ns/mnt") };

/** Types of file systems that a plan makes. */
const made: ReadonlySet<string> = new Set(["tmpfs", "proc", "devpts", "sysfs", "mqueue", "cgroup2"]);

function judgeRoot(bundle: Bundle, facts: ProbeFacts): readonly string[] {
  const found: string[] = [];
  if (!("probe" in facts.root)) found.push(`another root: ${Object.keys(facts.root)}`);
  for (const name of ["usr", "var", "boot"]) if (name in facts.root) found.push(`the host's /${name} is inside`);
  for (const { point, root, type } of facts.mounts ?? []) {
    const isNew = made.has(type);
    if (point.includes(bundle.base) || (point === "/" && !isNew && !root.endsWith("/rootfs")))
      found.push(`a mount of the host: ${root} at ${point}`);
  }
  if (facts.namespaces.user === outside.user) found.push("no user namespace of its own");
  if (facts.namespaces.mnt === outside.mnt) found.push("no mount namespace of its own");
  return found;
}

/** What is wrong: nothing, or sentences. Also whether the program ran. */
export function judge(
  plan: Plan,
  bundle: Bundle,
  before: Outside,
  launched: Launched,
): { readonly ran: boolean; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  const after = outsideOf(bundle);
  if (after.mounts !== before.mounts) wrong.push("mounts outside have changed");
  if (after.canary !== before.canary) wrong.push("files outside have changed");
  if (launched.signal !== null) wrong.push(`the launcher was ended by ${launched.signal} after ${launched.seconds} s`);
  const last = launched.reports.at(-1);
  if (last?.code === "plan-refused") wrong.push("the launcher refuses what the wasm verifier takes");
  if (!launched.stdout.startsWith("{")) return { ran: false, wrong };
  const facts = parseFacts(launched.stdout);
  wrong.push(...judgeFds(plan, facts), ...judgeRights(plan, facts), ...judgeRoot(bundle, facts));
  return { ran: true, wrong };
}
