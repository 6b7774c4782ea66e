// The verb table as oclif has commands: oclif prints help for people. It parses nothing, and runs no verb.
import { Args, Command, Flags } from "@oclif/core";
import { plainText } from "../manual/plain.ts";
import { verbManual } from "../manual/verbs.ts";
import type { Flag, Flags as FlagTable, Verb } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import type { VerbName } from "../table/verbs.ts";
import { usageOf, verbOf, verbsOf } from "../table/verbs.ts";

const face = "coffer";

function makeFlag({ kind, help, char, value = "VALUE", fallback, choices, group, hidden }: Flag) {
  const common = {
    description: help,
    ...(char === undefined ? {} : { char }),
    ...(group === undefined ? {} : { helpGroup: group }),
    ...(hidden === undefined ? {} : { hidden }),
  };
  if (kind === "boolean") return Flags.boolean(common);
  const shown = fallback === undefined ? {} : { default: fallback };
  return Flags.string({
    ...common,
    ...shown,
    helpValue: value,
    ...(choices === undefined ? {} : { options: [...choices] }),
  });
}

/** Group by group, those with a letter first: oclif moves the first of a list to the left if another has a letter. */
function makeFlags(flags: FlagTable) {
  const all = Object.entries(flagsOf(flags, face));
  const groups = new Set(all.map(([, { group }]) => group));
  const sorted = [...groups].flatMap((group) => {
    const own = all.filter(([, flag]) => flag.group === group);
    return [...own.filter(([, { char }]) => char !== undefined), ...own.filter(([, { char }]) => char === undefined)];
  });
  return Object.fromEntries(sorted.map(([name, flag]) => [name, makeFlag(flag)]));
}

function makeArgs({ words }: Verb) {
  const args = words.map(({ name, help, optional }) => [
    name,
    Args.string({ description: help, required: optional !== true }),
  ]);
  return Object.fromEntries(args);
}

function makeCommand(name: VerbName): typeof Command {
  const verb = verbOf(name);
  return class Verb extends Command {
    static override id = name;
    static override summary = verb.summary;
    static override description = plainText(verbManual[name]);
    static override usage = usageOf(name, face);
    static override args = makeArgs(verb);
    static override flags = { ...makeFlags(verb.flags), ...makeFlags(globalFlags) };
    static override examples = (verb.examples ?? []).map((line) => `$ coffer ${line}`);

    override run(): Promise<never> {
      throw new Error(`${name} is run by main, not by oclif`);
    }
  };
}

/** Every verb of `coffer` by its name: oclif's explicit list. */
export const commands: Readonly<Record<string, typeof Command>> = Object.fromEntries(
  verbsOf(face).map((name) => [name, makeCommand(name)]),
);
