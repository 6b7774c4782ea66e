import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { bundleFlags, criuFlags, idArg } from "../container-flags.ts";

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
      imagePath: flags["image-path"],
      workPath: flags["work-path"],
      detach: flags.detach,
      keep: flags.keep,
      consoleSocket: flags["console-socket"],
      preserveFds: flags["preserve-fds"],
      pidfdSocket: flags["pidfd-socket"],
      pidFile: flags["pid-file"],
      tcpEstablished: flags["tcp-established"],
      extUnixSk: flags["ext-unix-sk"],
      shellJob: flags["shell-job"],
      fileLocks: flags["file-locks"],
      autoDedup: flags["auto-dedup"],
      linkRemap: flags["link-remap"],
      manageCgroupsMode: flags["manage-cgroups-mode"],
      emptyNamespaces: flags["empty-ns"],
      lazyPages: flags["lazy-pages"],
      lsmProfile: flags["lsm-profile"],
      lsmMountContext: flags["lsm-mount-context"],
      cgroupManager: flags["systemd-cgroup"] ? "systemd" : "cgroupfs",
      forwardSignals: true,
    });
    this.endWith((await running.wait()).status);
  }
}
