import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Events extends BaseCommand {
  static override summary = "print what a container uses, and when it is out of memory, as lines of JSON";
  static override args = idArg;
  static override flags = {
    stats: Flags.boolean({ description: "print what it uses once" }),
    interval: Flags.string({ description: "time between two lines", helpValue: "DURATION", default: "5s" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Events);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const emit = (line: string): void => this.log(line);
    await verbs.events(runtime, args.id, { stats: flags.stats, interval: flags.interval, emit });
  }
}
