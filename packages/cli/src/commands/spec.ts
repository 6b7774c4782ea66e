import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { readUnsafe, unsafeFlags } from "../unsafe-flags.ts";

export default class Spec extends BaseCommand {
  static override summary = "write a config.json to start from";
  static override flags = {
    bundle: Flags.string({ char: "b", description: "the bundle's directory", helpValue: "DIR", default: "." }),
    rootless: Flags.boolean({ description: "accepted: who calls is found out", hidden: true }),
    "pid-only-proc": Flags.boolean({ description: "a procfs of processes alone: no meminfo, no cpuinfo" }),
    ...unsafeFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Spec);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    verbs.spec(runtime, {
      bundle: flags.bundle,
      pidOnlyProc: flags["pid-only-proc"],
      unsafe: readUnsafe(flags),
    });
  }
}
