import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Kill extends BaseCommand {
  static override summary = "send a signal to a container's first process";
  static override args = { ...idArg, signal: Args.string({ default: "TERM", description: "name or number" }) };
  static override flags = {
    all: Flags.boolean({ char: "a", description: "signal every process of the container" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Kill);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.kill(runtime, args.id, { signal: args.signal, all: flags.all });
  }
}
