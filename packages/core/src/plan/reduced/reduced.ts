import type { Config } from "@coffer/spec";
import { checkProcess } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";
import type { Plan } from "../../wire/op.ts";
import { confineWaiting } from "../confine/confine.ts";
import { planUnseen } from "../create/unseen.ts";
import { checkHost } from "../draft/check-host.ts";
import type { Context } from "../draft/draft.ts";
import { createDraft, createIssues } from "../draft/draft.ts";
import type { ReducedOptions } from "../draft/options.ts";
import { checkUnsupported } from "../draft/unsupported.ts";
import { readLabels } from "../ids/labels.ts";
import { readNamespaces } from "../namespaces/namespaces.ts";
import { planDrop, planLaunchEnd } from "../process/drop.ts";
import { checkFilter, readDrop } from "../process/drop-read.ts";
import { planTerminal } from "../process/terminal.ts";
import { planRuleset } from "./landlock.ts";

const everything = (1n << 64n) - 1n;

/**
 * Opens a terminal of the host that nobody else has. The caller's terminal stays outside: whoever is left behind cannot read
 * what is typed there.
 */
function planOwnTerminal(context: Context, options: ReducedOptions) {
  const { ownTerminal } = options;
  if (ownTerminal === undefined) return { console: undefined, terminal: undefined };
  const { draft, facts } = context;
  const { at, streams } = ownTerminal;
  draft.add({ op: "open-root", phase: "inside", out: "terminals-root" });
  draft.add({ op: "open-dir", phase: "inside", at: "terminals-root", path: at, resolve: 2, out: "terminals" });
  draft.add({ op: "close", phase: "inside", slot: "terminals-root" });
  const place = { devpts: "terminals", device: at === "dev", self: { uid: facts.uid, gid: facts.gid } };
  const console = planTerminal(context, options, "foreground", place);
  draft.add({ op: "close", phase: "inside", slot: "terminals" });
  return { console, consoleStreams: streams, terminal: "terminal-end" };
}

/**
 * Plans a process without any namespace of its own: Landlock and the filter of the config are all that keeps it apart. For
 * callers that may make no user namespace.
 *
 * Only root can take capabilities out of the bounding set, and leave groups. For others no_new_privs keeps the set from being
 * used, and the groups stay.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planReduced(config: Config, facts: HostFacts, options: ReducedOptions): Plan {
  checkHost(facts);
  const draft = createDraft();
  const issues = createIssues(options.warnings);
  const process = config.process ?? checkProcess({ cwd: "/" });
  const context: Context = { config, process, processPointer: "/process", facts, issues, draft };
  checkUnsupported(context);
  if (process.noNewPrivileges !== true) issues.invalid("/process/noNewPrivileges", "is required without namespaces");
  const namespaces = readNamespaces(config, issues);
  if (namespaces.made.size + namespaces.joined.length > 0)
    issues.invalid("/linux/namespaces", "a process of the host has none of its own");
  const read = readDrop({ ...context, namespaces }, options, false);
  const isRoot = facts.uid === 0;
  const bounding = isRoot ? read.capabilities.bounding : everything;
  draft.add({ op: "release", phase: "parent" });
  planUnseen(draft);
  const { terminal, ...streams } = planOwnTerminal(context, options);
  const drop = {
    ...read,
    ...streams,
    capabilities: { ...read.capabilities, bounding },
    setGroups: isRoot,
    labels: readLabels(context, true),
    root: "root",
    ruleset: "ruleset",
    early: true,
  };
  planRuleset(context, options.paths);
  draft.add({ op: "open-root", phase: "rooted", out: "root", why: "the host's: there is no other" });
  planDrop(context, options, drop);
  planLaunchEnd(context, options, drop, "init", terminal);
  draft.add({
    op: "clone",
    phase: "host",
    namespaces: 0,
    vfork: 0,
    out: "init",
    why: "in the namespaces of the caller",
  });
  const plan = confineWaiting(draft.finish("create"), facts.arch);
  checkFilter(context, plan, drop);
  issues.check("config");
  return issues.tell(plan);
}
