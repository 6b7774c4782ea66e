// What the worker does: from a source to a plan and all that is said of it. Pure; the tests call it in Node as well.
import type { Finding, HostFacts, Plan, Subject } from "@coffer/core";
import {
  alignOps,
  applyPatches,
  auditPlan,
  CofferError,
  compareWords,
  criuConfigOf,
  decodePlan,
  detailsOf,
  encodePlan,
  explainPlan,
  findViolations,
  fixAll,
  fixOf,
  hostPathsOf,
  planCreate,
  planLater,
  plannedId,
  printPlanJson,
  ruleDoc,
  verifyPlan,
  WireError,
  warnUnknown,
} from "@coffer/core";
import type { JsonValue } from "@coffer/spec";
import { checkConfig, parseJson, parsePolicy, SpecError, stringifyJson } from "@coffer/spec";
import { factsOf, usernsOffOf } from "../hosts.ts";
import type { Answers, Compared, Failure, Found, Host, Outcome, Planned, Request, Source } from "../protocol.ts";
import { makeSample, sandboxOf } from "./samples.ts";

/** A plan that the verifier refuses. */
class Refused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  if (error instanceof SpecError) return { code: error.code, message: error.message, issues: error.issues };
  if (error instanceof CofferError) {
    const issues = CofferError.is(error, "E_CONFIG_INVALID") ? error.details.issues : [];
    const fields = CofferError.is(error, "E_UNSUPPORTED") ? error.details.fields : [];
    const named = fields.map(({ pointer, reason }) => ({ pointer, message: reason }));
    return { code: error.code, message: error.message, issues: [...issues, ...named] };
  }
  if (error instanceof WireError) return { code: error.code, message: error.message, issues: [] };
  return { code: "E_INTERNAL", message: error instanceof Error ? error.message : String(error), issues: [] };
}

function verify(bytes: Uint8Array): void {
  const verdict = verifyPlan(bytes);
  if (verdict.ok) return;
  const { rule, op } = verdict;
  const where = op === undefined ? "" : ` at op ${op}`;
  const message = `the verifier refuses the plan${where}: ${ruleDoc(rule)}`;
  throw new Refused({ code: "E_PLAN_REFUSED", message, issues: [], rule, ...(op === undefined ? {} : { op }) });
}

interface Made {
  readonly subject: Subject;
  readonly bytes: Uint8Array;
  readonly config: JsonValue | undefined;
  readonly facts: HostFacts | undefined;
}

function readImage(bytes: Uint8Array): Made {
  verify(bytes);
  try {
    return { subject: { plan: decodePlan(bytes) }, bytes, config: undefined, facts: undefined };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new Refused({ code: "E_PLAN_REFUSED", message: error.message, issues: [], rule: error.code });
  }
}

function isJson(value: unknown): value is JsonValue {
  return typeof value === "object" && value !== null;
}

function planConfig(text: string, host: Host, sandbox: string | undefined): Made {
  const value = parseJson(text);
  const config = checkConfig(value);
  const warnings = warnUnknown(value, "config");
  const { bundle } = host;
  const made = sandbox === undefined ? undefined : sandboxOf(sandbox, host);
  const facts = made?.facts ?? factsOf(host, hostPathsOf(config, bundle));
  const options = { id: plannedId, bundle, warnings, sourceLinks: true, ...made?.options };
  const plan = planCreate(config, facts, options);
  const bytes = encodePlan(plan);
  verify(bytes);
  const known = made?.inputs ?? { rootfs: rootOf(config.root?.path ?? "rootfs", bundle) };
  const subject: Subject = {
    plan,
    made: true,
    hostLsm: facts.lsm,
    seenAtIds: host.seenAtIds ?? false,
    usernsOff: usernsOffOf(host, facts),
    inputs: known,
    later: planLater(config, plannedId, bundle, false),
    criuConfig: criuConfigOf(config),
    ...(made === undefined ? {} : { egress: made.egress }),
  };
  return { subject, bytes, config: isJson(value) ? value : undefined, facts };
}

const rootOf = (path: string, bundle: string): string => (path.startsWith("/") ? path : `${bundle}/${path}`);

function make(source: Source, host: Host): Made {
  return source.kind === "image" ? readImage(source.bytes) : planConfig(source.text, host, source.sandbox);
}

/** What is found, with the change that each fix makes. */
function findAll({ subject, config, facts }: Made): readonly Found[] {
  return auditPlan(subject).findings.map((finding) => {
    const fix = config === undefined ? undefined : fixOf(config, finding, { arch: facts?.arch ?? "x86_64" });
    return { ...finding, ...(fix === undefined ? {} : { change: fix.says }) };
  });
}

function judge(policy: string, subject: Subject): Pick<Planned, "violations" | "policyFailure"> {
  if (policy.trim() === "") return { violations: [] };
  try {
    return { violations: findViolations(parsePolicy(policy), subject) };
  } catch (error) {
    return { violations: [], policyFailure: failureOf(error) };
  }
}

function describe(made: Made, policy: string): Planned {
  const { subject, bytes } = made;
  return {
    json: printPlanJson(subject.plan),
    size: bytes.length,
    explanation: explainPlan(subject),
    details: detailsOf(subject.plan),
    findings: findAll(made),
    hasFields: made.config !== undefined,
    ...judge(policy, subject),
  };
}

function compare(left: Made, right: Made): Compared {
  const [before, after] = [describe(left, ""), describe(right, "")];
  // A stored plan has no names of slots: then neither has.
  const isStored = left.config === undefined || right.config === undefined;
  const comparable = ({ subject, bytes }: Made): Plan => (isStored ? decodePlan(bytes) : subject.plan);
  return {
    left: before,
    right: after,
    words: compareWords(explainPlan(left.subject, true), explainPlan(right.subject, true)),
    pairs: alignOps(comparable(left), comparable(right)),
  };
}

function indentOf(text: string): string | number {
  return /^[{[]\r?\n([ \t]{1,8})/.exec(text)?.[1] ?? 2;
}

function fix({ source, host, check, pointer }: Extract<Request, { readonly ask: "fix" }>): Answers["fix"] {
  if (source.kind === "image") throw new CofferError("E_USAGE", "a stored plan has no config", { argument: "fix" });
  const before = make(source, host);
  if (before.config === undefined) throw new CofferError("E_USAGE", "there is no config", { argument: "fix" });
  const isAsked = (finding: Finding): boolean =>
    (check === undefined || finding.check === check) && (pointer === undefined || finding.pointer === pointer);
  const wanted = auditPlan(before.subject).findings.filter(isAsked);
  const { fixes, config } = fixAll(before.config, wanted, { arch: before.facts?.arch ?? "x86_64" });
  const text = `${stringifyJson(applyPatches(config, []), indentOf(source.text))}\n`;
  const after = make({ ...source, text }, host);
  return { text, changes: fixes.map(({ says }) => says), compared: compare(before, after) };
}

function answer(request: Request): Answers[Request["ask"]] {
  switch (request.ask) {
    case "plan":
      return describe(make(request.source, request.host), request.policy);
    case "sample":
      return makeSample(request.name, request.host);
    case "fix":
      return fix(request);
    case "compare":
      return compare(make(request.left, request.before ?? request.host), make(request.right, request.host));
  }
}

/** Answers a request; never throws. */
export function handle(request: Request): Outcome<Answers[Request["ask"]]> {
  try {
    return { ok: true, value: answer(request) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
