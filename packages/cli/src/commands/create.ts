import { BaseCommand } from "../base-command.ts";
import { bundleFlags, idArg, newFlags } from "../container-flags.ts";

export default class Create extends BaseCommand {
  static override summary = "create a container, which waits for `start`";
  static override args = idArg;
  static override flags = { ...bundleFlags, ...newFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Create);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.create(runtime, {
      id: args.id,
      bundle: flags.bundle,
      consoleSocket: flags["console-socket"],
      pidFile: flags["pid-file"],
      pidfdSocket: flags["pidfd-socket"],
      preserveFds: flags["preserve-fds"],
      noNewKeyring: flags["no-new-keyring"],
      noPivot: flags["no-pivot"],
      lockMounts: flags["lock-mounts"],
      cgroupManager: flags["systemd-cgroup"] ? "systemd" : "cgroupfs",
    });
  }
}
