import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Resume extends BaseCommand {
  static override summary = "let the processes of a paused container go on";
  static override args = idArg;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resume);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.resume(runtime, args.id);
  }
}
