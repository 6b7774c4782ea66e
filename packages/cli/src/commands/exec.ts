import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { idArg, processFlags } from "../container-flags.ts";

export default class Exec extends BaseCommand {
  static override summary = "run a further process in a container";
  static override usage = "exec [FLAGS] ID COMMAND [ARGS...]";
  static override strict = false;
  static override args = idArg;
  static override flags = {
    ...processFlags,
    cwd: Flags.string({ description: "directory to run in", helpValue: "DIR" }),
    env: Flags.string({
      char: "e",
      description: "a variable to set",
      helpValue: "NAME=VALUE",
      multiple: true,
      multipleNonGreedy: true,
    }),
    tty: Flags.boolean({ char: "t", description: "give it a terminal" }),
    user: Flags.string({ char: "u", description: "ids to run as", helpValue: "UID[:GID]" }),
    "additional-gids": Flags.string({
      char: "g",
      description: "a supplementary group",
      multiple: true,
      multipleNonGreedy: true,
    }),
    process: Flags.string({ char: "p", description: "file with the process object", helpValue: "FILE" }),
    detach: Flags.boolean({ char: "d", description: "leave it running and return" }),
    "process-label": Flags.string({ description: "SELinux label", helpValue: "LABEL" }),
    apparmor: Flags.string({ description: "AppArmor profile", helpValue: "PROFILE" }),
    "no-new-privs": Flags.boolean({ description: "set no_new_privs" }),
    cap: Flags.string({
      char: "c",
      description: "a further capability",
      helpValue: "CAP",
      multiple: true,
      multipleNonGreedy: true,
    }),
    cgroup: Flags.string({ description: "a cgroup beneath the container's", helpValue: "[CONTROLLER:]PATH" }),
    "ignore-paused": Flags.boolean({ description: "start it in a paused container too" }),
  };

  async run(): Promise<void> {
    const parsed = await this.parse(Exec);
    const { args, flags } = parsed;
    const [, ...words] = this.wordsOf(parsed);
    const runtime = await this.open(flags);
    const { verbs } = await import("@coffer/core");
    const running = await verbs.exec(runtime, {
      id: args.id,
      args: words,
      processFile: flags.process,
      cwd: flags.cwd,
      env: flags.env,
      terminal: flags.tty,
      user: flags.user,
      additionalGids: flags["additional-gids"],
      processLabel: flags["process-label"],
      apparmor: flags.apparmor,
      noNewPrivileges: flags["no-new-privs"],
      capabilities: flags.cap,
      cgroup: flags.cgroup,
      ignorePaused: flags["ignore-paused"],
      detach: flags.detach,
      consoleSocket: flags["console-socket"],
      pidFile: flags["pid-file"],
      pidfdSocket: flags["pidfd-socket"],
      preserveFds: flags["preserve-fds"],
      forwardSignals: true,
    });
    this.endWith((await running.wait()).status);
  }
}
