// What a session may do, changed while it runs: the hosts that it reaches, and what of its files it may write.
import { CofferError } from "../../../errors.ts";
import type { SandboxNetwork } from "../../egress/sandbox-network.ts";
import type { RunningSandbox } from "../../verbs/sandbox.ts";
import type { Writes } from "./change.ts";

/** Files of a session. */
export interface SessionFiles {
  /** Paths inside, each of which the session was opened to write: by `write`, `writable`, `bind`, `cache` or `tmp`. */
  readonly write: string | readonly string[];
}

/** Changes what a session may do. */
export interface SessionRights {
  /**
   * Allows further hosts, as `network.allow` has them: as far as the policy does.
   *
   * @throws {CofferError} E_POLICY; E_USAGE when it was opened without `network.allow` and without `onAsked`
   */
  allow(...hosts: readonly string[]): void;
  /**
   * Lets paths be written again that `deny` has made read-only, as they could be when the session was opened.
   *
   * @throws {CofferError} E_USAGE, E_IO
   */
  allow(files: SessionFiles): Promise<void>;
  /** Denies hosts from now on, although they are allowed, and ends the connections to them. */
  deny(...hosts: readonly string[]): void;
  /**
   * Makes paths read-only, with all beneath them, for whatever runs in the session and whatever it holds open. The paths are
   * taken one after the other: those before the one that fails stay read-only.
   *
   * @throws {CofferError} E_IO with EBUSY while something there is open for writing: then nothing of that path has changed;
   * E_USAGE where it would not hold
   */
  deny(files: SessionFiles): Promise<void>;
  /** Puts other lists in the place of `network.allow` and `network.deny`, and ends the connections that these do not allow. */
  setNetwork(network: Pick<SandboxNetwork, "allow" | "deny">): void;
}

/** Hosts, or files. */
type Given = readonly [SessionFiles] | readonly string[];

const isHosts = (given: Given): given is readonly string[] => given.every((one) => typeof one === "string");

/** Makes the changes. `read` checks what a caller without a compiler gives. */
export function makeRights(
  { reach }: Pick<RunningSandbox, "reach">,
  writes: Writes,
  read: (files: SessionFiles) => SessionFiles,
): SessionRights {
  const reached = () => {
    if (reach !== undefined) return reach;
    const hint = "open it with network: { allow: [] }";
    throw new CofferError("E_USAGE", "the session has no proxy", { argument: "network" }, { hint });
  };
  const pathsOf = ([files, ...more]: readonly [SessionFiles]): readonly string[] => {
    if (more.length === 0) return [read(files).write].flat();
    throw new CofferError("E_USAGE", "hosts and files are changed by calls of their own", { argument: "write" });
  };
  function change(how: "allow" | "deny", given: Given): undefined | Promise<void> {
    if (!isHosts(given)) return writes[how](pathsOf(given));
    reached()[how](given);
    return undefined;
  }
  function allow(...hosts: readonly string[]): void;
  function allow(files: SessionFiles): Promise<void>;
  function allow(...given: Given): unknown {
    return change("allow", given);
  }
  function deny(...hosts: readonly string[]): void;
  function deny(files: SessionFiles): Promise<void>;
  function deny(...given: Given): unknown {
    return change("deny", given);
  }
  return { allow, deny, setNetwork: ({ allow: more, deny: less }) => reached().replace({ allow: more, deny: less }) };
}
