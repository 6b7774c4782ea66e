import { execFileSync } from "node:child_process";
import { buildProgram } from "../test/helpers/build.ts";
import type { Sample } from "./sample.ts";

/** A command to time. Those before and after it are not timed. */
export type Timed = {
  readonly name: string;
  readonly argv: readonly string[];
  /** A file that the command has as descriptor 3. */
  readonly plan?: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
};

function words(command: Timed): readonly string[] {
  const untimed = (argv?: readonly string[]): readonly string[] => (argv === undefined ? [] : ["~", ...argv, ";"]);
  const plan = command.plan === undefined ? [] : [`@${command.plan}`];
  return [...untimed(command.before), ...plan, ...command.argv, ";", ...untimed(command.after)];
}

/** Runs the commands in turn, as often as asked, and gives the microseconds of each. */
export function drive(commands: readonly Timed[], rounds: number): readonly Sample[] {
  const argv = [String(rounds), "5", ...commands.flatMap(words)];
  const text = execFileSync(buildProgram("bench/drive"), argv, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = text.trim().split("\n");
  return commands.map(({ name }, index) => ({ name, values: (lines[index] ?? "").split(" ").map(Number) }));
}
