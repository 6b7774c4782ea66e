import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { newFlags, policyFlag } from "../container-flags.ts";

export default class Audit extends BaseCommand {
  static override summary = "tell what a container could do to the host";
  static override examples = ["audit BUNDLE", "audit --plan FILE", "audit --fail-on high --json BUNDLE"];
  static override args = { bundle: Args.string({ description: "a bundle's directory; the current one unless said" }) };
  static override flags = {
    policy: policyFlag,
    ...newFlags,
    plan: Flags.string({ description: "look at a stored plan; no config is read", helpValue: "FILE" }),
    json: Flags.boolean({ description: "print the findings as JSON" }),
    "fail-on": Flags.option({ options: ["note", "low", "medium", "high", "critical"] as const, default: "low" })({
      description: "the mildest severity that makes the exit status non-zero",
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Audit);
    if (args.bundle !== undefined && flags.plan !== undefined) this.error("audit: give a bundle or --plan, not both");
    if (flags["lock-mounts"] && flags.plan !== undefined) this.error("--lock-mounts: a stored plan says it itself");
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const { text, status } = await verbs.audit(runtime, {
      bundle: args.bundle,
      plan: flags.plan,
      lockMounts: flags["lock-mounts"],
      failOn: flags["fail-on"],
      form: flags.json ? "json" : "text",
    });
    this.log(text);
    this.endWith(status);
  }
}
