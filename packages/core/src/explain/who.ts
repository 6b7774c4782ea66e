// Who the program is, and what it may do by that.

import { askNumber, passes, servedTables } from "../exposure/filters.ts";
import type { Exposure } from "../exposure/index.ts";
import type { IdMap } from "../exposure/rights.ts";
import { capabilityNames } from "../plan/index.ts";
import { archOf, numbersOf } from "../seccomp/compiler/arch.ts";
import type { Part, Sentence } from "./sentence.ts";
import { listText, say, sayIf } from "./sentence.ts";

/** The id of the host that an id of the container is; undefined where no map has it. */
function outsideOf({ lines }: IdMap, id: number): number | undefined {
  const line = lines.find(({ inside, count }) => id >= inside && id - inside < count);
  return line === undefined ? undefined : line.outside + id - line.inside;
}

const mapOf = ({ idMaps }: Exposure, kind: IdMap["kind"]): IdMap | undefined => idMaps.find((map) => map.kind === kind);

function sayUser(exposure: Exposure): Sentence {
  const { rights, namespaces, isHostRoot } = exposure;
  const { uid, idsAt } = rights;
  const { whose, path = "", at } = namespaces.user;
  if (whose === "host") {
    const text = uid === 0 ? "it is root of the host" : `it is user ${uid} of the host`;
    return say("uid", `${text}: there is no user namespace`, uid === 0 ? "bad" : "odd", idsAt);
  }
  if (whose !== "own")
    return say("uid", `user ${uid} in the user namespace ${path || "of its container"}`, "plain", at);
  const map = mapOf(exposure, "uid");
  const outside = map === undefined ? undefined : outsideOf(map, uid);
  const name = uid === 0 ? "root of the container" : `user ${uid} of the container`;
  if (outside === undefined) return say("uid", `it is ${name}, whom no user of the host is`, "good", idsAt);
  return say("uid", `${name} is user ${outside} of the host`, isHostRoot ? "bad" : "good", idsAt);
}

function sayIds(exposure: Exposure): readonly Sentence[] {
  const map = mapOf(exposure, "uid");
  if (map === undefined) return [];
  const ranges = map.lines.map(({ outside, count }) =>
    count === 1 ? `${outside}` : `${outside} to ${outside + count - 1}`,
  );
  return [say("ids", `its users are ${listText(ranges, 3)} of the host`, "plain", map.at)];
}

/** The capabilities that the process has or can get. */
function capabilitiesHeld({ rights }: Pick<Exposure, "rights">): readonly string[] {
  return capabilityNames.filter((_, index) => ((rights.capabilities >> BigInt(index)) & 1n) === 1n);
}

function sayCapabilities(exposure: Exposure): Sentence {
  const held = capabilitiesHeld(exposure);
  const { capsAt } = exposure.rights;
  const isOwn = exposure.namespaces.user.whose !== "host";
  if (held.length === 0) return say("capabilities", "it has no capability", "good", capsAt);
  const over = isOwn ? "over what belongs to the container" : "over the host";
  if (held.length === capabilityNames.length)
    return say("capabilities", `it has every capability ${over}`, isOwn ? "odd" : "bad", capsAt);
  const names = listText(held.map((name) => name.slice("CAP_".length).toLowerCase()));
  const count = held.length === 1 ? "one capability" : `${held.length} capabilities`;
  const isBad = !isOwn && held.includes("CAP_SYS_ADMIN");
  return say("capabilities", `it has ${count} ${over}: ${names}`, isBad ? "bad" : isOwn ? "plain" : "odd", capsAt);
}

function sayFilter({ filters }: Exposure): Sentence {
  if (filters.programs.length === 0)
    return say("filter", "every system call reaches the kernel: there is no filter", "bad");
  const [table] = servedTables(filters);
  const arch = table === undefined ? undefined : archOf(table);
  if (table === undefined || arch === undefined)
    return say("filter", "its filter lets no ordinary system call through", "odd", filters.at);
  const numbers = numbersOf(table);
  const open = numbers.filter((nr) => passes(askNumber(filters, nr, arch.audit))).length;
  const tone = open === numbers.length ? "bad" : "good";
  return say("filter", `a filter lets ${open} of ${numbers.length} system calls through`, tone, filters.at);
}

/** Who the program is. */
export function explainWho(exposure: Exposure): Part {
  const { rights, labels, filters } = exposure;
  const program = exposure.plan.ops.find((op) => op.op === "exec");
  const index = program === undefined ? -1 : exposure.plan.ops.indexOf(program);
  return {
    title: "Runs as",
    sentences: [
      ...(program?.op === "exec"
        ? [say("program", `it runs ${listText(program.args, 8).replaceAll(", ", " ")}`, "plain", { op: index })]
        : []),
      sayUser(exposure),
      ...sayIds(exposure),
      sayCapabilities(exposure),
      rights.noNewPrivileges
        ? say("privileges", "no program that it executes adds rights", "good")
        : say("privileges", "set-user-id programs and file capabilities add rights", "odd"),
      sayFilter(exposure),
      ...sayIf(filters.notifies, "notify", "another process answers some of its system calls", "odd", filters.at),
      ...labels.map(({ lsm, value, at }) =>
        say(
          `label ${lsm}`,
          `its ${lsm === "apparmor" ? "AppArmor profile" : "SELinux label"} is ${value}`,
          /unconfined|:spc_t:/.test(value) ? "odd" : "plain",
          at,
        ),
      ),
    ],
  };
}
