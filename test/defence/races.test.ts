// Every race: each outcome is right, or an error that says which call failed. CANARY and the host's mounts are as before.
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { raceUnder } from "./matrix/racing.ts";
import { settle } from "./matrix/record.ts";
import type { Result } from "./matrix/types.ts";
import type { Race } from "./races.ts";
import { races } from "./races.ts";

const results: Record<string, Result> = {};
const wanted = ["root", "runc", "crun", "userns"] as const;
const none = { verdict: "n/a", note: "takes no descriptor for a source" } as const;

const isSafe = test.macro({
  exec: async (t, race: Race) => {
    t.timeout(900_000);
    if (!(await needs(t, ...wanted))) return;
    const coffer = await raceUnder(t, "coffer", race);
    const runc = race.byDescriptor ? none : await raceUnder(t, "runc", race);
    const crun = race.byDescriptor ? none : await raceUnder(t, "crun", race);
    results[race.name] = {
      verdicts: { coffer: coffer.verdict, runc: runc.verdict, crun: crun.verdict },
      notes: { coffer: coffer.note, runc: runc.note, crun: crun.note },
    };
    t.log(JSON.stringify(results[race.name]));
    t.is(coffer.verdict, "held", coffer.note);
  },
  title: (_provided, { name }: Race) => `race: ${name}`,
});

for (const race of races) test.serial(isSafe, race);

test.serial("what was seen is what is recorded", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  await settle(
    t,
    "races",
    results,
    races.map(({ name }) => name),
  );
});
