// E. Terminals and stdio.
import { statSync } from "node:fs";
import { probe, tools } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import { firstLine, outputHolds, refusal } from "../matrix/seen.ts";
import type { Attempt, Group } from "../matrix/types.ts";
import { notApplicable, probes, shown, tried } from "./words.ts";

/**
 * What the container must not get. Standard input is a file that the caller opens for reading, standard output somebody
 * else's file, standard error a device of the host.
 */
const streamsKeepOwners: Attempt["observe"] = async (stage) => {
  const [read, other, device] = ["in", "out", "null"].map((name) => `${stage.bundle.base}/${name}`);
  const script = 'read=$1 other=$2 device=$3; shift 3; exec "$@" <"$read" >>"$other" 2>>"$device"';
  const made = "touch $1 $2 && chown 4321:4321 $2 && mknod $3 c 1 3";
  const words = [`${read}`, `${other}`, `${device}`];
  const prepared = await command(["sh", "-c", made, "sh", ...words]);
  if (prepared.exitCode !== 0) return { failed: `the check tells nothing: ${prepared.stderr}` };
  const outcome = await stage.run({ prefix: ["sh", "-c", script, "sh", ...words] });
  if (outcome.exitCode !== 0) return refusal(outcome);
  const owners = words.map((path) => statSync(path).uid);
  return `${owners}` === "0,4321,0" ? "ran" : { failed: `they now belong to ${owners}` };
};

const onTerminal = (): readonly string[] => [tools(), "pty", "24x80", "--"];

/** Nothing is typed. That it would be told is seen without a container. */
const typesNothing: Attempt["observe"] = async (stage) => {
  const bare = await command([...onTerminal(), probe(), "tiocsti"]);
  if (!/ok\r?$/m.test(bare.stdout)) return { failed: "the check tells nothing" };
  return outputHolds((stdout) => (/errno/.test(stdout) ? undefined : "a character was typed"), {
    prefix: onTerminal(),
  })(stage);
};

/** Named pipes at every place of the image where a runtime might look; nobody writes to them. */
const pipes =
  "cd bundle/rootfs; mkfifo etc/passwd etc/group etc/hostname .krun_config.json .crun.json; rm -rf dev; mkdir dev; mkfifo dev/null dev/tty dev/ptmx dev/console dev/zero; mkfifo mnt/pipe";

const inTime: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run({ timeoutMs: 6000 });
  if (outcome.exitCode === null) return { failed: "it waits for a pipe of the image" };
  return outcome.exitCode === 0 ? "ran" : refusal(outcome);
};

const quoted: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run();
  if (outcome.exitCode === 0) return { failed: "it runs" };
  return outcome.stderr.includes("\u001b")
    ? { failed: `an escape sequence is printed: ${JSON.stringify(firstLine(outcome)).slice(0, 60)}` }
    : { refused: JSON.stringify(firstLine(outcome)) };
};

export const groupE: Group = {
  letter: "E",
  title: "Terminals and stdio",
  rows: [
    {
      id: "LXC CVE-2016-10124; bwrap CVE-2017-5226; snap CVE-2019-7303",
      cause: "TIOCSTI types into the caller's shell through a shared terminal",
      rules: ["R12"],
      by: ["packages/core/src/plan/process/terminal.ts", "helper-c/init/world.c"],
      show: tried({
        patch: probes("tiocsti"),
        observe: typesNothing,
      }),
    },
    {
      id: "flatpak CVE-2023-28100",
      cause: "TIOCLINUX pastes on a virtual console",
      rules: ["R12"],
      by: ["packages/core/src/seccomp/default-profile.ts"],
      show: shown(
        "packages/core/src/seccomp/compiler/compile.test.ts",
        "the default profile: what sandboxed programs can and cannot do",
      ),
    },
    {
      id: "runc, crun: owner of stdio",
      cause: "a device, a file that is given to read, or somebody else's file, becomes the container's user's as stdio",
      rules: ["R5"],
      by: ["helper-c/sys/shared-ops.c"],
      show: tried({
        patch: { ...probes("echo", "x"), "/process/user": { uid: 1000, gid: 1000 } },
        observe: streamsKeepOwners,
      }),
      control: "on purpose: an unprivileged program can reopen its stdio by path then",
    },
    {
      id: "hostile named pipes",
      cause: "an inode of the image is opened, which blocks",
      rules: ["R2", "R5"],
      by: ["helper-c/sys/path.c"],
      show: tried({ patch: probes("echo", "x"), before: pipes, observe: inTime }),
      control: "the image's passwd is read to find HOME",
    },
    {
      id: "flatpak CVE-2023-28101",
      cause: "untrusted text is printed to a terminal",
      rules: ["R10"],
      by: ["packages/core/src/errors.ts"],
      show: tried({
        because: /\\x1b\[2Jsuch.*no such file/,
        patch: { "/process/args": ["/no\u001b[2Jsuch\u001b]0;x\u0007"] },
        observe: quoted,
      }),
    },
    {
      id: "containerd CVE-2022-31030; CRI-O CVE-2022-1708",
      cause: "output that nobody reads fills memory",
      rules: ["R12"],
      by: ["helper-c/wait/relay.c"],
      show: notApplicable("the runtime buffers no output: stdio are the caller's own descriptors"),
    },
  ],
};
