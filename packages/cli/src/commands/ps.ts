import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Ps extends BaseCommand {
  static override summary = "list the processes of a container";
  static override usage = "ps [FLAGS] ID [PS OPTIONS...]";
  static override strict = false;
  static override args = idArg;
  static override flags = {
    format: Flags.option({ options: ["table", "json"] as const, char: "f", default: "table" })({
      description: "form of the list",
    }),
  };

  async run(): Promise<void> {
    const parsed = await this.parse(Ps);
    const { args, flags } = parsed;
    const [, ...words] = this.wordsOf(parsed);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    if (flags.format === "json") this.log(JSON.stringify(await verbs.ps(runtime, args.id)));
    else this.log(await verbs.printProcesses(runtime, args.id, words));
  }
}
