import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

export default class Spec extends BaseCommand {
  static override summary = "write a config.json to start from";
  static override flags = {
    bundle: Flags.string({ char: "b", description: "the bundle's directory", helpValue: "DIR", default: "." }),
    rootless: Flags.boolean({ description: "for the calling user, with a user namespace" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Spec);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    verbs.spec(runtime, { bundle: flags.bundle, rootless: flags.rootless });
  }
}
