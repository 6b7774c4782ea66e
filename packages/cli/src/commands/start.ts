import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Start extends BaseCommand {
  static override summary = "run the program of a created container";
  static override args = idArg;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Start);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.start(runtime, args.id);
  }
}
