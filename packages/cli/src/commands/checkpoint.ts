import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { criuFlags, idArg, readCriuFlags } from "../container-flags.ts";

export default class Checkpoint extends BaseCommand {
  static override summary = "write the processes of a container to a directory, and end them";
  static override args = idArg;
  static override flags = {
    ...criuFlags,
    "parent-path": Flags.string({ description: "images of a pre-dump, relative to the images", helpValue: "DIR" }),
    "leave-running": Flags.boolean({ description: "leave the container running" }),
    "pre-dump": Flags.boolean({ description: "write the memory only, and leave the container running" }),
    "tcp-skip-in-flight": Flags.boolean({ description: "leave out TCP connections that are being made" }),
    "status-fd": Flags.string({ hidden: true, description: "refused" }),
    "page-server": Flags.string({ hidden: true, description: "refused" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Checkpoint);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.checkpoint(runtime, args.id, {
      ...readCriuFlags(flags),
      parentPath: flags["parent-path"],
      leaveRunning: flags["leave-running"],
      preDump: flags["pre-dump"],
      skipInFlight: flags["tcp-skip-in-flight"],
      statusFd: flags["status-fd"],
      pageServer: flags["page-server"],
    });
  }
}
