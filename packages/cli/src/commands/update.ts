import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg } from "../container-flags.ts";

const value = (description: string, helpValue = "N") => Flags.string({ description, helpValue });

export default class Update extends BaseCommand {
  static override summary = "change the limits of a container";
  static override args = idArg;
  static override flags = {
    resources: Flags.string({ char: "r", description: "file with the limits, or - for stdin", helpValue: "FILE" }),
    "blkio-weight": value("weight of block I/O, 10 to 1000"),
    "cpu-period": value("period that the quota is of, in microseconds"),
    "cpu-quota": value("time in each period, in microseconds; -1 for no limit"),
    "cpu-burst": value("time that may be saved up, in microseconds"),
    "cpu-share": value("weight beside other containers, 2 to 262144"),
    "cpu-rt-period": value("period of realtime scheduling, in microseconds"),
    "cpu-rt-runtime": value("realtime in each period, in microseconds"),
    "cpu-idle": value("1 for SCHED_IDLE"),
    "cpuset-cpus": value("processors to use", "LIST"),
    "cpuset-mems": value("memory nodes to use", "LIST"),
    memory: value("limit of memory; -1 for none", "BYTES"),
    "memory-reservation": value("memory that is left to it under pressure", "BYTES"),
    "memory-swap": value("limit of memory and swap together; -1 for none", "BYTES"),
    "kernel-memory": Flags.string({ hidden: true, description: "says nothing, as in runc" }),
    "kernel-memory-tcp": Flags.string({ hidden: true, description: "says nothing, as in runc" }),
    "pids-limit": value("number of processes; -1 for no limit"),
    "l3-cache-schema": Flags.string({ description: "the line of schemata for the L3 cache (resctrl)" }),
    "mem-bw-schema": Flags.string({ description: "the line of schemata for memory bandwidth (resctrl)" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Update);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    await verbs.update(runtime, args.id, { resources: flags.resources, flags });
  }
}
