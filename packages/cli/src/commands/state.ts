import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class State extends BaseCommand {
  static override summary = "print the state of a container as JSON";
  static override args = idArg;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(State);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    this.log(verbs.printState(await verbs.state(runtime, args.id)));
  }
}
