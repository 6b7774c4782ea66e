import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

export default class Plan extends BaseCommand {
  static override summary = "print, store, check or compare plans";
  static override examples = ["plan BUNDLE", "plan BUNDLE --raw FILE", "plan --verify FILE", "plan --diff A B"];
  static override args = {
    bundle: Args.string({ description: "a bundle's directory, or a stored plan" }),
    other: Args.string({ description: "with --diff, what to compare it with" }),
  };
  static override flags = {
    json: Flags.boolean({ description: "print the plan as JSON" }),
    raw: Flags.string({ description: "write the plan's image", helpValue: "FILE", exclusive: ["json"] }),
    verify: Flags.string({ description: "check a stored plan", helpValue: "FILE", exclusive: ["json", "raw"] }),
    diff: Flags.boolean({ description: "compare two bundles or stored plans", exclusive: ["json", "raw", "verify"] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Plan);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const [, ...stray] = flags.diff ? [] : [flags.verify, args.bundle, args.other].filter((word) => word !== undefined);
    if (stray.length > 0) this.error(`plan: unexpected argument: ${stray.join(", ")}: see \`coffer plan --help\``);
    if (flags.verify !== undefined) return this.log(verbs.checkPlanFile(runtime, flags.verify));
    const { bundle = ".", other } = args;
    if (flags.raw !== undefined) return this.log(verbs.storePlan(runtime, bundle, flags.raw));
    if (!flags.diff) return this.log(verbs.showPlan(runtime, bundle, flags.json ? "json" : "text"));
    const differences = verbs.comparePlans(
      runtime,
      bundle,
      other ?? this.error("plan: --diff: give two bundles or stored plans"),
    );
    if (differences !== "") this.log(differences);
  }
}
