// The validation suite of the OCI runtime-tools with runc, crun and coffer-oci: coffer passes every program that runc or
// crun passes on this machine. The exceptions are listed here with their reasons. runc and crun run the programs that coffer
// does not pass, and with UPDATE_PEERS=1 all.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { needs, suiteTarball } from "../helpers/needs.ts";
import { isPeersUpdate } from "../helpers/peers/peer-record.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import type { ClientRuntime, Place } from "./place.ts";
import { clientRuntimes, makePlace } from "./place.ts";
import type { Suite, Verdict } from "./runtime-tools/suite.ts";
import { buildSuite, cleanUp, runProgram, writeRuntime } from "./runtime-tools/suite.ts";

/** Undefined where a runtime has not run the program. */
type Verdicts = Readonly<Record<ClientRuntime, Verdict | undefined>>;

/** What coffer refuses on purpose, or where the suite asks for something else than the spec and runc do. */
const differences: Readonly<Record<string, string>> = {
  linux_mount_label: "SELinux labels are refused on a host without SELinux; crun passes over them",
  linux_ns_itype: "mounts without a mount namespace would be the caller's, and stay there: refused",
  linux_ns_path: "mounts and a pivot in a mount namespace that is joined would be everybody's in it: refused",
  start: "the suite asks that `start` without a process succeeds, and calls it an error, which it is here",
};

/** Programs that name the same cgroup each time: one runtime at a time. */
const sharesCgroup = (program: string): boolean => /^(linux_cgroups_|delete_.*resources$)/.test(program);

/** What passes or not by who is quicker: told, not judged. */
const races: Readonly<Record<string, string>> = {
  pidfile: "wants `true` to be alive still when two more calls of the runtime have been made",
};

type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** What is run; `alone` is for one runtime at a time. */
interface Work {
  readonly suite: Suite;
  readonly programs: readonly string[];
  readonly alone: Queue;
}

/** Lets one piece of work go on when the one before has ended. */
function makeQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(work);
    last = own.catch(() => {});
    return own;
  };
}

/** Runs programs with one runtime, those that wait for the other runtimes beside those that need not. */
async function runAll(
  place: Place,
  { suite, programs, alone }: Work,
  runtime: ClientRuntime,
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const [shared, own] = [makeQueue(), makeQueue()];
  const all = programs.map((program) => {
    const run = async (): Promise<void> => {
      verdicts.set(program, await runProgram(place, suite, program, runtime));
    };
    return sharesCgroup(program) ? shared(() => alone(run)) : own(run);
  });
  await Promise.all(all);
  return verdicts;
}

function judge(program: string, { runc, crun, coffer }: Verdicts): readonly string[] {
  if (races[program] !== undefined) return [];
  const difference = differences[program];
  if (difference !== undefined)
    return coffer?.passed ? [`${program}: passes now, so take it off the differences (${difference})`] : [];
  if (coffer === undefined) return [`${program}: was not run`];
  return (runc?.passed || crun?.passed) && !coffer.passed ? [`${program}: ${coffer.told}`] : [];
}

function report(verdicts: ReadonlyMap<string, Verdicts>): string {
  const tell = ({ passed, ok, failed, ms }: Verdict): string =>
    `${passed ? "pass" : "FAIL"} ${ok}/${ok + failed.length} ${ms} ms`;
  const cell = (verdict: Verdict | undefined): string => (verdict === undefined ? "-" : tell(verdict)).padEnd(24);
  const rows = [...verdicts].map(([program, found]) => {
    const cells = clientRuntimes.map((runtime) => cell(found[runtime])).join("");
    const none = clientRuntimes.every((runtime) => found[runtime]?.passed !== true);
    return `${program.padEnd(34)}${cells}${differences[program] ?? races[program] ?? (none ? "the machine or the suite" : "")}`.trimEnd();
  });
  const sums = clientRuntimes.map((runtime) => {
    const known = [...verdicts.values()].flatMap((found) => found[runtime] ?? []);
    return `${known.filter(({ passed }) => passed).length} of ${known.length}`.padEnd(24);
  });
  const head = clientRuntimes.map((runtime) => runtime.padEnd(24)).join("");
  return [`${"program".padEnd(34)}${head}`, ...rows, `${"passed".padEnd(34)}${sums.join("")}`].join("\n");
}

/** The programs whose verdict is one only beside those of the peers: what coffer does not pass, and no list excuses. */
async function openOf(ours: Promise<ReadonlyMap<string, Verdict>>, programs: readonly string[]) {
  const verdicts = await ours;
  return programs.filter(
    (name) => verdicts.get(name)?.passed !== true && differences[name] === undefined && races[name] === undefined,
  );
}

test.serial("every program that runc or crun passes", async (t) => {
  if (!(await needs(t, "root", "runtime-tools"))) return;
  t.timeout(1_500_000);
  const tarball = suiteTarball() ?? "";
  const suite = await buildSuite(tarball);
  const place = await makePlace(t);
  for (const runtime of clientRuntimes) writeRuntime(place, runtime);
  const only = process.env.CLIENT_ROWS ?? "";
  const programs = only === "" ? ofToday(suite.programs, 6) : suite.programs.filter((name) => name.includes(only));
  const alone = makeQueue();
  const peers = (of: readonly string[]): Promise<readonly ReadonlyMap<string, Verdict>[]> =>
    Promise.all((["runc", "crun"] as const).map((runtime) => runAll(place, { suite, programs: of, alone }, runtime)));
  const ours = runAll(place, { suite, programs, alone }, "coffer");
  const [runc, crun] = await peers(isPeersUpdate ? programs : await openOf(ours, programs));
  const coffer = await ours;
  const verdicts = new Map(
    programs.map((name) => [name, { runc: runc?.get(name), crun: crun?.get(name), coffer: coffer.get(name) }]),
  );
  for (const runtime of clientRuntimes) await cleanUp(place, runtime);
  const text = report(verdicts);
  mkdirSync(join(repository, "test/.cache/clients"), { recursive: true });
  writeFileSync(join(repository, "test/.cache/clients/runtime-tools.txt"), `${text}\n`);
  t.log(`\n${text}`);
  t.deepEqual(
    [...verdicts].flatMap(([program, found]) => judge(program, found)),
    [],
  );
});
