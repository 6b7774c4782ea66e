// What the page and its worker say to each other. Everything is plain data.
import type {
  Change,
  ConfigIssue,
  Explanation,
  Finding,
  HostFacts,
  OpDetail,
  Pair,
  PolicyViolation,
} from "@coffer/core";

/** The host that a plan is made for; `facts` are those of a real one, and count instead. */
export interface Host {
  readonly kernel: string;
  readonly cgroups: "v2" | "v1" | "hybrid";
  readonly caller: "root" | "user" | "plain-user" | "nested-root";
  /** The sysctl that turns user namespaces off; empty if none does. */
  readonly userns: string;
  readonly facts?: HostFacts | undefined;
  /** The bundle's directory. */
  readonly bundle: string;
  /** `fs.suid_dumpable` of the host is 1. */
  readonly seenAtIds?: boolean;
}

/** What is planned: a config, with the sandbox that it is of, or a stored plan. */
export type Source =
  | { readonly kind: "config"; readonly text: string; readonly sandbox?: string | undefined }
  | { readonly kind: "image"; readonly bytes: Uint8Array };

/** Why there is no plan. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly issues: readonly ConfigIssue[];
  readonly hint?: string;
  /** Of a plan that the verifier refuses. */
  readonly rule?: string;
  readonly op?: number;
}

/** A finding, with what its fix changes. */
export interface Found extends Finding {
  readonly fix: string;
  readonly change?: string;
}

/** A plan with all that is said of it. */
export interface Planned {
  readonly json: string;
  readonly size: number;
  readonly explanation: Explanation;
  readonly details: readonly OpDetail[];
  readonly findings: readonly Found[];
  readonly violations: readonly PolicyViolation[];
  readonly policyFailure?: Failure;
  /** It was planned from a config, so that its ops name fields. */
  readonly hasFields: boolean;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Two plans compared. */
export interface Compared {
  readonly left: Planned;
  readonly right: Planned;
  readonly words: readonly Change[];
  readonly pairs: readonly Pair[];
}

/** What the worker is asked. */
export type Request =
  | { readonly ask: "plan"; readonly source: Source; readonly host: Host; readonly policy: string }
  | { readonly ask: "sample"; readonly name: string; readonly host: Host }
  /** The config with the fixes of some findings: all with that check, or every one. */
  | {
      readonly ask: "fix";
      readonly source: Source;
      readonly host: Host;
      readonly check?: string;
      readonly pointer?: string | undefined;
    }
  /** `before`: the host of the left one, where that is another. */
  | {
      readonly ask: "compare";
      readonly left: Source;
      readonly right: Source;
      readonly host: Host;
      readonly before?: Host;
    };

/** What it answers. */
export interface Answers {
  readonly plan: Planned;
  readonly sample: { readonly text: string; readonly sandbox?: string | undefined };
  readonly fix: { readonly text: string; readonly changes: readonly string[]; readonly compared: Compared };
  readonly compare: Compared;
}
