import type { Condition } from "./condition.ts";
import { askCondition } from "./condition.ts";
import type { Graph, Node } from "./graph.ts";
import { orderRules } from "./order.ts";
import type { Rule } from "./rules.ts";
import { isAlways } from "./rules.ts";

/**
 * The decision for one system call. The first rule without conditions decides before all others. Otherwise the rules come
 * in libseccomp's order, and the first rule whose conditions all hold decides.
 */
export function chainRules(graph: Graph, rules: readonly Rule[], wide: boolean, otherwise: Node): Node {
  const always = rules.find(isAlways);
  if (always !== undefined) return always.end;
  return orderRules(rules, wide).reduceRight((next, rule) => {
    const ask = (yes: Node, condition: Condition): Node => askCondition(graph, condition, wide, yes, next);
    return rule.conditions.reduceRight(ask, rule.end);
  }, otherwise);
}
