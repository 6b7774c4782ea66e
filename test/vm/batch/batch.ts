// Many small scripts in one guest.
import { join } from "node:path";
import { runDebian } from "../debian.ts";
import type { GuestOutcome } from "../qemu.ts";

/** How a script ended. */
export type CaseResult = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** What came of the scripts by name, and of the guest itself. */
export type Batch = { readonly results: ReadonlyMap<string, CaseResult>; readonly guest: string };

// Each script is read from the host's files, ended after a time, and told as one line. base64 needs no escapes.
const runner = `#!/bin/sh
cd ${join(import.meta.dirname, "..", "..", "..")}
export REPOSITORY=$PWD PATH=$PWD/node_modules/.bin:$PATH LANG=C.UTF-8
. "\${0%/*}/setup"
for script in "\${0%/*}"/case-*; do
	cd /
	timeout -k 1 "$SECONDS_EACH" sh "$script" >/run/out 2>/run/err </dev/null
	echo "\${script##*/case-} $? :$(base64 -w0 </run/out) :$(base64 -w0 </run/err)"
done
`;

const text = (base64: string | undefined): string => Buffer.from(base64?.slice(1) ?? "", "base64").toString("utf8");

/** Runs a script in a guest with files beside it. */
export type RunGuest = (
  script: string,
  options: { readonly timeoutMs: number; readonly files: Readonly<Record<string, string>> },
) => Promise<GuestOutcome>;

/** Runs the scripts in order, each in a shell of its own, after one that all share. The guest is a resumed Debian. */
export async function runBatch(
  setup: string,
  cases: Readonly<Record<string, string>>,
  secondsEach = 180,
  run: RunGuest = runDebian,
): Promise<Batch> {
  const files = Object.entries(cases).map(([name, script], index) => [
    `case-${100 + index}-${name}`,
    `set -e\n${script}`,
  ]);
  const { stdout, stderr, console, exitCode, seconds } = await run(runner, {
    timeoutMs: 1_700_000,
    files: { setup: `SECONDS_EACH=${secondsEach}\n${setup}`, ...Object.fromEntries(files) },
  });
  const results = new Map<string, CaseResult>();
  for (const line of stdout.trim().split("\n").filter(Boolean)) {
    const [name = "", status, out = "", err = ""] = line.split(" ");
    results.set(name.replace(/^\d+-/, ""), { status: Number(status), stdout: text(out), stderr: text(err) });
  }
  return { results, guest: `status ${exitCode} after ${seconds} s\n${stderr}${console}` };
}
