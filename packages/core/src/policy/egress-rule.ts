// The rule about what a sandbox reaches through its caller. A plan has the sockets alone; its caller says what answers them.
import type { Policy } from "@coffer/spec";
import { isCovered, parseRule } from "../egress/rules.ts";
import { findOps } from "../exposure/find.ts";
import type { Rule } from "./rule.ts";
import { violation, violationIf } from "./rule.ts";

export const egress: Rule<NonNullable<Policy["egress"]>> = (policy, { plan, egress: asked, namespaces }) => {
  const { allowed, hostPorts = [], publish = false, userNetwork = false } = policy;
  const { whose, at } = namespaces.network;
  const isShared = whose === "host" || whose === "unknown";
  const host = violationIf(
    isShared,
    "/egress",
    { ...at, from: "/linux/namespaces" },
    "the host's network can be reached",
  );
  const stacks = userNetwork ? [] : findOps(plan, "start-network");
  const own = stacks.map(({ at }) => violation("/egress/userNetwork", at, "no program may give it a network"));
  if (asked === undefined)
    return [
      ...host,
      ...own,
      ...findOps(plan, "listen").map((one) => violation("/egress", one.at, "nobody knows who answers this socket")),
    ];
  const rules = allowed.map((text) => parseRule(text, "policy"));
  return [
    ...host,
    ...own,
    ...asked.allow
      .filter((rule) => !rules.some((by) => isCovered(rule, by)))
      .map(({ text }) => violation("/egress/allowed", {}, `${text} may not be reached`)),
    ...asked.hostPorts
      .filter((port) => !hostPorts.includes(port))
      .map((port) => violation("/egress/hostPorts", {}, `port ${port} of the host may not be reached`)),
    ...violationIf(asked.publishes && !publish, "/egress/publish", {}, "no port may be published"),
  ];
};
