// How long do whole commands take, as an engine calls them? The native front beside crun.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { frontArgv } from "../../test/helpers/callers/front.ts";
import type { Patch } from "../../test/helpers/json.ts";
import { engineProfileMissing, readEngineProfile } from "../../test/seccomp/engine-profile.ts";
import type { Timed } from "../drive.ts";
import { drive } from "../drive.ts";
import type { Answer, Sample } from "../sample.ts";
import { ratio, timeRows } from "../sample.ts";
import type { Stage } from "../setup.ts";
import { forgetWords, makeStage, stateOf } from "../setup.ts";

const [program = ""] = frontArgv("coffer-oci", [], true);
const programs = { "coffer-oci": program, crun: "crun" } as const;
type Name = keyof typeof programs;
const names = ["coffer-oci", "crun"] as const;

/** A verb, and what is done before and after it outside of the time. */
type Row = {
  readonly verb: string;
  /** What is said of it. */
  readonly what?: string;
  /** What is changed in the config. */
  readonly patch?: Patch;
  /** At most so many times crun's time. */
  readonly limit: number;
  /** `BUNDLE` stands for the bundle. */
  readonly words: readonly string[];
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** The config is changed just before each call, as engines do: no plan is looked for. */
  readonly isNew?: true;
  /** What was kept of earlier calls is removed. */
  readonly forgets?: true;
  /** The program waits for a signal. */
  readonly waits?: true;
};

const id = "bench";
const create = ["create", "--bundle", "BUNDLE", id];
const run = ["run", "--bundle", "BUNDLE", id];
const detached = ["run", "--detach", "--bundle", "BUNDLE", id];
const after = ["delete", "--force", id];

/** The profile that engines give to most containers. No image has it: it is compiled in the first call. */
function engineProfile(): Patch {
  if (engineProfileMissing !== undefined) return {};
  const profile = readEngineProfile({ goArch: "amd64", ociArch: "SCMP_ARCH_X86_64", caps: [] });
  return { "/linux/seccomp": JSON.parse(JSON.stringify(profile)) };
}

const rows: readonly Row[] = [
  { verb: "--version", limit: 0.6, words: ["--version"] },
  { verb: "state", limit: 0.6, before: create, words: ["state", id], after },
  { verb: "run", what: "run, a bundle that was run before", limit: 1, words: run },
  { verb: "run", what: "run, a config not seen before", limit: 1, words: run, isNew: true },
  {
    verb: "run",
    what: "run, a profile not seen before",
    limit: 1.25,
    words: run,
    patch: engineProfile(),
    isNew: true,
    forgets: true,
  },
  {
    verb: "run",
    what: "run, podman's seccomp profile",
    limit: 1.25,
    words: run,
    patch: engineProfile(),
    isNew: true,
  },
  { verb: "create", what: "create, a bundle that was run before", limit: 1, words: create, after },
  { verb: "create", what: "create, a config not seen before", limit: 1, words: create, after, isNew: true },
  { verb: "start", limit: 0.6, before: create, words: ["start", id], after, waits: true },
  { verb: "exec", limit: 0.8, before: detached, words: ["exec", id, "/true"], after, waits: true },
  { verb: "kill", limit: 0.6, before: detached, words: ["kill", id, "KILL"], after, waits: true },
  { verb: "delete", limit: 0.7, before: create, words: after },
];

const titleOf = (name: Name, row: Row): string => `${name} ${row.what ?? row.verb}`;

/** What is done before a call, outside of the time. */
function beforeWords({ bundle }: Stage, { isNew, forgets }: Row): readonly string[] | undefined {
  const forget = forgets ? [forgetWords().join(" ")] : [];
  const touch = isNew ? [`touch ${join(bundle, "config.json")}`] : [];
  const script = [...forget, ...touch].join("; ");
  return script === "" ? undefined : ["sh", "-c", script];
}

function timed(name: Name, stage: Stage, row: Row): Timed {
  const argv = (words: readonly string[]): readonly string[] => [
    programs[name],
    "--root",
    stateOf(stage, name),
    ...words.map((word) => (word === "BUNDLE" ? stage.bundle : word)),
  ];
  const before = row.before === undefined ? beforeWords(stage, row) : argv(row.before);
  return {
    name: titleOf(name, row),
    argv: argv(row.words),
    ...(before === undefined ? {} : { before }),
    ...(row.after === undefined ? {} : { after: argv(row.after) }),
  };
}

/** Both programs for a verb, in turn. */
function measure(row: Row, rounds: number): readonly Sample[] {
  const patch = { ...row.patch, ...(row.waits ? { "/process/args": ["/true", "wait"] } : {}) };
  const stages = names.map((name) => ({ name, stage: makeStage(`front-${name}`, patch) }));
  try {
    return drive(
      stages.map(({ name, stage }) => timed(name, stage, row)),
      rounds,
    );
  } finally {
    for (const { stage } of stages) stage.end();
  }
}

/** Whole commands; nothing where the native front is not built. */
export function wholeCommands(rounds: number): readonly Answer[] {
  if (!existsSync(program)) return [];
  const measured = rows.map((row) => ({ row, samples: measure(row, rounds) }));
  const bounds = measured.map(({ row, samples: [ours, crun] }) => ({
    what: `${titleOf("coffer-oci", row)} / crun's`,
    value: ours && crun ? ratio(ours, crun) : Number.NaN,
    limit: row.limit,
    unit: "×",
  }));
  return [
    {
      title: "Whole commands, as an engine calls them",
      note: "The native front: one static program. What a verb needs is made, and removed, outside of the time. Scripts run a bundle again, whose plan is then kept; engines write a config for each container, whose plan is made.",
      columns: ["µs", "min", "median", "of crun"],
      rows: measured.flatMap(({ row, samples }) => timeRows(samples, titleOf("crun", row))),
      samples: measured.flatMap(({ samples }) => samples),
      bounds,
    },
  ];
}
