// An attacker inside, with rights that people give, while the verbs run: a sample here, a third of it nightly. docs/security/adversary.md.
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { ofDay } from "../helpers/runner/daily.ts";
import { playScene } from "./matrix/scenes/scene.ts";
import { everyScene, scenesOf } from "./matrix/scenes/scenes.ts";
import type { Subject } from "./matrix/scenes/stage.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";

/** An attacker with rights that matter to it, for each that a sample can have. */
const sample: Readonly<Record<string, string>> = {
  tracer: "docker + CAP_SYS_PTRACE",
  stopper: "pod",
  cgroups: "cgroups",
  shuffler: "bind",
  hider: "privileged",
  flooder: "docker",
  hog: "docker",
  uring: "pod + debugger",
  terminal: "none",
};

const isSample = ({ attacker, rights }: Subject): boolean => sample[attacker.name] === rights.name;
const scenes = isNightly ? ofDay(scenesOf("coffer", "root"), 3) : everyScene("coffer", "root").filter(isSample);

const holds = test.macro({
  exec: async (t, subject: Subject) => {
    t.timeout(600_000);
    if (!(await needs(t, "root", "userns", "cgroup-v1", "criu"))) return;
    // A checkpoint takes as long as all else.
    const few = {
      rounds: 2,
      verbs: ["run", "create", "start", "exec", "exec -t", "kill", "ps", "delete", "sandbox", "sandbox --fence"],
    } as const;
    const cells = await playScene(subject, isNightly ? { rounds: 20 } : few);
    t.true(cells.length > 0);
    for (const cell of cells) t.log(cell.verb, JSON.stringify(cell.results));
    t.deepEqual(
      cells.filter((cell) => !cell.held),
      [],
    );
  },
  title: (_provided, { attacker, rights }: Subject) => `${attacker.name}, with ${rights.name}`,
});

for (const scene of scenes) test.serial(holds, scene);
