import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { bundleFlags, newFlags, traceToFlag } from "../container-flags.ts";

export default class Run extends BaseCommand {
  static override summary = "create a container and run its program";
  static override args = { id: Args.string({ description: "the container's id; not with --plan" }) };
  static override flags = {
    ...bundleFlags,
    ...newFlags,
    detach: Flags.boolean({ char: "d", description: "leave the container running and return" }),
    keep: Flags.boolean({ description: "keep the container's state when it has ended" }),
    "no-subreaper": Flags.boolean({ description: "accepted: there is no subreaper", hidden: true }),
    plan: Flags.string({ description: "launch a stored plan; no config is read", helpValue: "FILE" }),
    input: Flags.string({
      description: "an input of the stored plan",
      helpValue: "NAME=PATH|fd:N",
      multiple: true,
      multipleNonGreedy: true,
    }),
    trace: Flags.boolean({ description: "print the time of every op when it has ended" }),
    "trace-to": traceToFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Run);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    if (flags.plan === undefined && flags.input !== undefined) this.error("--input: only with --plan");
    if (flags.plan !== undefined && flags["lock-mounts"]) this.error("--lock-mounts: a stored plan says it itself");
    const page = flags["trace-to"];
    const options = { trace: flags.trace || page !== undefined, forwardSignals: true, detach: flags.detach };
    const running =
      flags.plan === undefined
        ? await verbs.run(runtime, {
            ...options,
            id: args.id ?? this.error("run: give the container's id"),
            bundle: flags.bundle,
            keep: flags.keep,
            consoleSocket: flags["console-socket"],
            pidFile: flags["pid-file"],
            pidfdSocket: flags["pidfd-socket"],
            preserveFds: flags["preserve-fds"],
            noNewKeyring: flags["no-new-keyring"],
            noPivot: flags["no-pivot"],
            lockMounts: flags["lock-mounts"],
            cgroupManager: flags["systemd-cgroup"] ? "systemd" : "cgroupfs",
          })
        : await verbs.runPlanFile(runtime, { ...options, file: flags.plan, inputs: flags.input ?? [] });
    const exit = await running.wait();
    if (flags.trace) process.stderr.write(verbs.printTrace(running.plan, exit));
    if (page !== undefined) verbs.writeTracePage(runtime, page, running, exit);
    this.endWith(exit.status);
  }
}
