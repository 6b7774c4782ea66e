import { BaseCommand } from "../base-command.ts";

export default class Features extends BaseCommand {
  static override summary = "print what this runtime can do as JSON";

  async run(): Promise<void> {
    const { flags } = await this.parse(Features);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    this.log(verbs.printFeatures(runtime));
  }
}
