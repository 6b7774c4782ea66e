import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

export default class Doctor extends BaseCommand {
  static override summary = "tell what this host and this caller can have";
  static override flags = { json: Flags.boolean({ description: "as JSON" }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const { text, status } = verbs.doctor(runtime, flags.json ? "json" : "text");
    this.log(text);
    this.endWith(status);
  }
}
