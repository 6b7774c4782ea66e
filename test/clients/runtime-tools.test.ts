// The validation suite of the OCI runtime-tools with runc, crun and coffer-oci: every program that runc or crun passes on
// this machine coffer passes too, but for those that are told here with the reason.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { needs, suiteTarball } from "../helpers/needs.ts";
import type { ClientRuntime } from "./place.ts";
import { clientRuntimes, makePlace } from "./place.ts";
import type { Verdict } from "./runtime-tools/suite.ts";
import { buildSuite, cleanUp, runProgram, writeRuntime } from "./runtime-tools/suite.ts";

type Verdicts = Readonly<Record<ClientRuntime, Verdict>>;

/** What coffer refuses on purpose, or where the suite asks for something else than the spec and runc do. */
const differences: Readonly<Record<string, string>> = {
  hooks_stdin: "a prestart hook is told `creating`, as the spec and runc have it; the suite and crun have `created`",
  linux_mount_label: "SELinux labels are refused on a host without SELinux; crun passes over them",
  linux_ns_itype: "mounts without a mount namespace would be the host's: refused",
  linux_ns_path: "mounts into a mount namespace that is joined would be everybody's in it: refused",
  mounts: "a bind mount with options of a file system (`mode`, `size`) is refused; the others drop them",
  start: "the suite asks that `start` without a process succeeds, and calls it an error; runc refuses it at create too",
};

/** Programs that name the same cgroup each time: one after the other. */
const sharesCgroup = (program: string): boolean => /^(linux_cgroups_|delete_.*resources$)/.test(program);

function judge(program: string, { runc, crun, coffer }: Verdicts): readonly string[] {
  const difference = differences[program];
  if (difference !== undefined)
    return coffer.passed ? [`${program}: passes now, so take it off the differences (${difference})`] : [];
  return (runc.passed || crun.passed) && !coffer.passed ? [`${program}: ${coffer.told}`] : [];
}

function report(verdicts: ReadonlyMap<string, Verdicts>): string {
  const cell = ({ passed, ok, failed, ms }: Verdict): string =>
    `${passed ? "pass" : "FAIL"} ${ok}/${ok + failed.length} ${ms} ms`.padEnd(24);
  const rows = [...verdicts].map(([program, found]) => {
    const cells = clientRuntimes.map((runtime) => cell(found[runtime])).join("");
    const none = clientRuntimes.every((runtime) => !found[runtime].passed);
    return `${program.padEnd(34)}${cells}${differences[program] ?? (none ? "the machine or the suite" : "")}`.trimEnd();
  });
  const sums = clientRuntimes.map((runtime) => {
    const passed = [...verdicts.values()].filter((found) => found[runtime].passed).length;
    return `${passed} of ${verdicts.size}`.padEnd(24);
  });
  const head = clientRuntimes.map((runtime) => runtime.padEnd(24)).join("");
  return [`${"program".padEnd(34)}${head}`, ...rows, `${"passed".padEnd(34)}${sums.join("")}`].join("\n");
}

test.serial("every program that runc or crun passes", async (t) => {
  if (!(await needs(t, "root", "runtime-tools"))) return;
  t.timeout(1_500_000);
  const tarball = suiteTarball() ?? "";
  const suite = await buildSuite(tarball);
  const place = await makePlace(t);
  for (const runtime of clientRuntimes) writeRuntime(place, runtime);
  const verdicts = new Map<string, Verdicts>();
  const only = process.env.CLIENT_ROWS ?? "";
  for (const program of suite.programs.filter((name) => name.includes(only))) {
    const run = (runtime: ClientRuntime): Promise<Verdict> => runProgram(place, suite, program, runtime);
    const [runc, crun, coffer] = sharesCgroup(program)
      ? [await run("runc"), await run("crun"), await run("coffer")]
      : await Promise.all([run("runc"), run("crun"), run("coffer")]);
    verdicts.set(program, { runc, crun, coffer });
  }
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
