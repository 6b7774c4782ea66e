import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

export default class Delete extends BaseCommand {
  static override summary = "remove what a stopped container holds";
  static override args = idArg;
  static override flags = {
    force: Flags.boolean({ char: "f", description: "kill it first; a container that is not there is no error" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Delete);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.remove(runtime, args.id, { force: flags.force });
  }
}
