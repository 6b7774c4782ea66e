import { askCondition } from "./condition.ts";
import type { Graph, Node } from "./graph.ts";
import type { Rule } from "./rules.ts";

/**
 * The decision for one system call: the rules in order, the first whose conditions all hold answers. A rule without
 * conditions answers before all others.
 */
export function chainRules(graph: Graph, rules: readonly Rule[], wide: boolean, otherwise: Node): Node {
  const always = rules.find((rule) => rule.conditions.length === 0);
  if (always !== undefined) return graph.end(always.action);
  return rules.reduceRight((next, rule) => {
    const answer = graph.end(rule.action);
    return rule.conditions.reduceRight((yes, condition) => askCondition(graph, condition, wide, yes, next), answer);
  }, otherwise);
}
