import { Flags } from "@oclif/core";

/** The flags that every command takes, before the verb or after it. */
export const globalFlags = {
  root: Flags.string({ description: "directory of the containers' state", helpValue: "DIR", helpGroup: "GLOBAL" }),
  log: Flags.string({ description: "append errors to this file too", helpValue: "FILE", helpGroup: "GLOBAL" }),
  "log-format": Flags.option({ options: ["text", "json"] as const, default: "text", helpGroup: "GLOBAL" })({
    description: "form of the error lines",
  }),
  debug: Flags.boolean({ description: "print the causes of an error", helpGroup: "GLOBAL" }),
  "systemd-cgroup": Flags.boolean({ description: "have systemd make the cgroups", helpGroup: "GLOBAL" }),
};
