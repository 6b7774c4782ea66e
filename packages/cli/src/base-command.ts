import type { Runtime } from "@coffer/core";
import { Command } from "@oclif/core";
import { globalFlags } from "./global-flags.ts";

/** What the global flags say. */
export interface GlobalFlags {
  readonly root?: string | undefined;
  readonly "systemd-cgroup"?: boolean | undefined;
}

/** A verb: words in, words out. What it does is in core, which is loaded when the verb runs. */
export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;

  /** Opens the runtime that the global flags ask for. */
  protected async open(flags: GlobalFlags): Promise<Runtime> {
    const { CofferError, openRuntime } = await import("@coffer/core");
    if (flags["systemd-cgroup"]) {
      const hint = "cgroups are made without systemd: leave the flag out";
      throw new CofferError("E_USAGE", "--systemd-cgroup is refused", { argument: "systemd-cgroup" }, { hint });
    }
    return openRuntime(flags.root === undefined ? {} : { root: flags.root });
  }

  /** Sets the status that the program ends with. */
  protected endWith(status: number): void {
    process.exitCode = status;
  }

  /** Errors go to main, the one place that prints them. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
