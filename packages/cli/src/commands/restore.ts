import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { bundleFlags, criuFlags, idArg, readCriuFlags } from "../container-flags.ts";

export default class Restore extends BaseCommand {
  static override summary = "make a container of a bundle and a checkpoint";
  static override args = idArg;
  static override flags = {
    ...bundleFlags,
    ...criuFlags,
    detach: Flags.boolean({ char: "d", description: "leave the container running and return" }),
    keep: Flags.boolean({ description: "keep the container's state when it has ended" }),
    "no-subreaper": Flags.boolean({ description: "accepted: there is no subreaper", hidden: true }),
    "lsm-profile": Flags.string({ description: "another label of the processes", helpValue: "TYPE:NAME" }),
    "lsm-mount-context": Flags.string({ description: "another label of the mounts", helpValue: "CONTEXT" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Restore);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const running = await verbs.restore(runtime, {
      id: args.id,
      bundle: flags.bundle,
      ...readCriuFlags(flags),
      detach: flags.detach,
      keep: flags.keep,
      consoleSocket: flags["console-socket"],
      preserveFds: flags["preserve-fds"],
      pidfdSocket: flags["pidfd-socket"],
      pidFile: flags["pid-file"],
      lsmProfile: flags["lsm-profile"],
      lsmMountContext: flags["lsm-mount-context"],
      cgroupManager: flags["systemd-cgroup"] ? "systemd" : "cgroupfs",
      forwardSignals: true,
    });
    this.endWith((await running.wait()).status);
  }
}
