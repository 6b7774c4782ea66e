import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { policyFlag, traceToFlag } from "../container-flags.ts";
import { readUnsafe, unsafeFlags } from "../unsafe-flags.ts";

export default class Sandbox extends BaseCommand {
  static override summary = "run a command of this host in a container made of nothing but this host";
  static override usage = "sandbox [FLAGS] -- COMMAND [ARGS...]";
  static override strict = false;
  static override flags = {
    policy: policyFlag,
    rw: Flags.boolean({ description: "let it write the current directory" }),
    "pid-only-proc": Flags.boolean({ description: "a procfs of processes alone: no meminfo, no cpuinfo" }),
    ...unsafeFlags,
    trace: Flags.boolean({ description: "print the plan's size and the largest steps when it has ended" }),
    "trace-to": traceToFlag,
  };

  async run(): Promise<void> {
    const parsed = await this.parse(Sandbox);
    const { flags } = parsed;
    const args = this.wordsOf(parsed);
    if (args.length === 0) this.error("sandbox: give the command to run");
    const page = flags["trace-to"];
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const running = await verbs.sandbox(runtime, {
      args,
      writable: flags.rw,
      pidOnlyProc: flags["pid-only-proc"],
      unsafe: readUnsafe(flags),
      trace: flags.trace || page !== undefined,
      forwardSignals: true,
    });
    const exit = await running.wait();
    if (flags.trace) process.stderr.write(verbs.printSummary(running, exit));
    if (page !== undefined) verbs.writeTracePage(runtime, page, running, exit);
    this.endWith(exit.status);
  }
}
