import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

export default class List extends BaseCommand {
  static override summary = "list the containers of a state directory";
  static override flags = {
    format: Flags.option({ options: ["table", "json"] as const, char: "f", default: "table" })({
      description: "form of the list",
    }),
    quiet: Flags.boolean({ char: "q", description: "print the ids only" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const states = await verbs.list(runtime);
    const text = verbs.printList(states, flags.quiet ? "quiet" : flags.format);
    if (text !== "") this.log(text);
  }
}
