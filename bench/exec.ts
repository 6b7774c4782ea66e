// How long does a further process in a running container take?
import { execFileSync } from "node:child_process";
import { helperPath } from "../test/helpers/peers/runtimes.ts";
import { drive } from "./drive.ts";
import type { Answer } from "./sample.ts";
import { ratio, timeRows } from "./sample.ts";
import { capturePlan, coffer, makeStage, stateOf } from "./setup.ts";

/** exec of a program that ends at once. */
export function execInto(rounds: number): Answer {
  const waiting = { "/process/args": ["/true", "wait"] } as const;
  const made = {
    coffer: makeStage("exec-coffer", waiting),
    crun: makeStage("exec-crun", waiting),
    runc: makeStage("exec-runc", waiting),
  };
  const root = stateOf(made.coffer, "coffer");
  coffer("run", "--root", root, "--detach", "--bundle", made.coffer.bundle, "box");
  const peers = (["crun", "runc"] as const).map((name) => {
    const state = ["--root", stateOf(made[name], name)];
    execFileSync(name, [...state, "run", "--detach", "--bundle", made[name].bundle, "box"], { stdio: "ignore" });
    return { name: `${name} exec`, argv: [name, ...state, "exec", "box", "/true"] };
  });
  try {
    const plan = capturePlan(made.coffer, "exec", "--root", root, "box", "/true");
    const ours = { name: "coffer-helper exec", argv: [helperPath(), "launch", "--plan-fd", "3"], plan };
    const samples = drive([ours, ...peers], rounds);
    const [mine, crun] = samples;
    const share = mine && crun ? ratio(mine, crun) : Number.NaN;
    return {
      title: "A further process in a running container",
      note: "The plan of `coffer exec`, launched with the helper.",
      columns: ["µs", "min", "median", "of crun"],
      rows: timeRows(samples, "crun exec"),
      bounds: [{ what: "exec / crun exec", value: share, limit: 0.25, unit: "×" }],
    };
  } finally {
    coffer("delete", "--root", root, "--force", "box");
    for (const name of ["crun", "runc"] as const) {
      execFileSync(name, ["--root", stateOf(made[name], name), "delete", "--force", "box"], { stdio: "ignore" });
    }
    for (const stage of Object.values(made)) stage.end();
  }
}
