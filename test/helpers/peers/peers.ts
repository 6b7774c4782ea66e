// The peers that coffer is held against, and the versions of them that the expectations of the tests are of.
import type { ExecutionContext } from "ava";
import { command } from "../command.ts";
import type { RuntimeName } from "./runtimes.ts";

/** A runtime that coffer is held against. */
export type PeerName = Exclude<RuntimeName, "coffer">;

/** Which releases the tests' expectations were written for: version and commit. Change both after you have looked at every test that says so. */
export const expectedVersions: Readonly<Record<PeerName, string>> = {
  runc: "1.1.15+ds1 (1.1.15+ds1-2+deb13u1)",
  crun: "1.21 (10269840aa07)",
};

/** The version and commit that `--version` tells: a distribution's update may change the latter alone. */
function versionIn(told: string): string {
  const version = /version (\S+)/.exec(told)?.[1] ?? "unknown";
  const commit = /^commit: (\S+)$/m.exec(told)?.[1];
  return commit === undefined
    ? version
    : `${version} (${/^[0-9a-f]{40}$/.test(commit) ? commit.slice(0, 12) : commit})`;
}

const known = new Map<PeerName, Promise<string | undefined>>();

/** The version of the peer that is installed, if one is. */
export function versionOf(name: PeerName): Promise<string | undefined> {
  const version =
    known.get(name) ??
    command([name, "--version"]).then(
      ({ stdout }) => versionIn(stdout),
      () => undefined,
    );
  known.set(name, version);
  return version;
}

/** Peers of other versions than the expectations are of, in words. */
export async function otherVersions(names: readonly PeerName[]): Promise<readonly string[]> {
  const versions = await Promise.all(names.map(async (name) => [name, await versionOf(name)] as const));
  const others = versions.filter(([name, version]) => version !== undefined && version !== expectedVersions[name]);
  return others.map((words) => words.join(" "));
}

/** Assertions, by the given `t` alone. */
type Check = (t: ExecutionContext) => void | Promise<void>;

/** Runs assertions. If they fail and there is a reason not to judge, the failure is logged and the test passes. */
async function judge(t: ExecutionContext, check: Check, whyNot: () => Promise<string | undefined>): Promise<void> {
  const attempt = await t.try(check);
  const reason = attempt.passed ? undefined : await whyNot();
  if (reason === undefined) return attempt.commit();
  attempt.discard({ retainLogs: true });
  t.log(`not judged: ${reason}`);
  for (const error of attempt.errors) t.log(error.message, error);
  t.pass();
}

/**
 * Asserts what a peer does, or what coffer does as a peer does it. A failure beside a peer of another version is no failure
 * of coffer.
 */
export function beside(t: ExecutionContext, names: readonly PeerName[], check: Check): Promise<void> {
  return judge(t, check, async () => {
    const others = await otherVersions(names);
    return others.length === 0 ? undefined : `the expectation is of another version than ${others.join(", ")}`;
  });
}

/** Asserts that coffer does what the runc of a guest does. `told` holds what `runc --version` has printed there. */
export function besideRuncOf(t: ExecutionContext, told: string, check: Check): Promise<void> {
  const version = versionIn(told);
  return judge(t, check, () =>
    Promise.resolve(
      version === expectedVersions.runc ? undefined : `the expectation is of another version than ${version}`,
    ),
  );
}

/** Asserts what a peer of a guest does, whose version is that of the guest. */
export function ofGuest(t: ExecutionContext, check: Check): Promise<void> {
  return judge(t, check, () => Promise.resolve("the outcome is a peer's, in the version that the guest has"));
}
