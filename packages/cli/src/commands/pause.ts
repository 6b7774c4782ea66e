import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Pause extends BaseCommand {
  static override summary = "stop every process of a container until resume";
  static override args = idArg;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pause);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.pause(runtime, args.id);
  }
}
