// A user-mode network: a program of the host makes an interface in the container's network namespace, and sends what comes from
// there by sockets of the host (docs/decisions/0067-user-network.md).
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";

const program = "network-program";
/** How long the program may take until the interface is there. */
const timeoutMs = 10_000;

/** With these a program writes packets past the rules about addresses, or changes the rules. */
const againstRules = ["CAP_NET_RAW", "CAP_NET_ADMIN"];

/** Refuses a process, the first or a further one, that the rules would not hold. */
export function checkUserNetwork({ issues, process }: Pick<Context, "issues" | "process">): void {
  const { bounding = [], permitted = [] } = process.capabilities ?? {};
  const held = [...bounding, ...permitted].map((name) => name.toUpperCase());
  for (const name of againstRules.filter((one) => held.includes(one)))
    issues.invalid(
      "/process/capabilities",
      `the rules of a user-mode network do not hold a program with ${name}: leave the capability or the network out`,
    );
}

/** Opens the program, before anything is made. */
export function openUserNetwork(context: CreateContext): void {
  const { draft, issues, namespaces, options, roots } = context;
  const { userNetwork } = options;
  if (userNetwork === undefined) return;
  for (const kind of ["user", "network"] as const)
    if (!namespaces.made.has(kind))
      issues.invalid("/linux/namespaces", `a user-mode network needs a new ${kind} namespace`);
  checkUserNetwork(context);
  const why = "gives the network namespace a user-mode network";
  draft.add({
    op: "open-exec",
    phase: "host",
    at: roots.host(),
    path: userNetwork.program,
    resolve: 0,
    out: program,
    why,
  });
}

/** Starts the program, once there are id maps. Nothing of the container has run by then. */
export function planUserNetwork({ draft, options, process }: CreateContext, slot: SlotName): void {
  const { userNetwork } = options;
  if (userNetwork === undefined) return;
  const { args, rules } = userNetwork;
  const { uid = 0, gid = 0 } = process.user ?? {};
  draft.add({
    op: "start-network",
    phase: "parent",
    process: slot,
    proc: "proc",
    program,
    args,
    rules,
    uid,
    gid,
    timeoutMs,
  });
}
