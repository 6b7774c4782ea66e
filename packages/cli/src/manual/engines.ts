// The manual of coffer-oci.
import type { Section } from "./block.ts";

/** What `coffer-oci` is. */
export const enginesIntroduction: Section = {
  title: "coffer-oci",
  blocks: [
    "`coffer-oci` is the runtime for container engines. It has the command line of runc: global flags stand before the verb, and one or two dashes are the same.",
    "The verbs are those of runc. `spec` writes the config that `runc spec` writes.",
    "`--policy` stands before the verb and must be an absolute path. `--cgroup-manager` is `cgroupfs`, `systemd` or `disabled`. `--rootless`, `--criu` and `--log-level` are accepted and ignored; what a caller may do is detected automatically.",
    'An error is one line of the log file, `{"level","msg","time"}`, and one line on standard error. Without a log file that line begins with `coffer-oci: `. The exit status of a failure is 1, and 255 for `exec`.',
    "If an ordinary user's engine calls `coffer-oci` as root of a user namespace, the state is in `$XDG_RUNTIME_DIR`.",
  ],
};

/** How engines are set up. */
export const engineSection: Section = {
  title: "Engines",
  blocks: [
    "Engines execute one path. The native program needs nothing else. The Debian package has it as `/usr/bin/coffer-oci`. npm has it as `node_modules/@coffer/linux-x64/coffer` (`linux-arm64`): make a link of the name `coffer-oci` to it.",
    "The front on Node needs `node` in the engine's `PATH`. Where `node` is missing, a script names it:",
    { code: ["#!/bin/sh", 'exec /opt/node/bin/node /opt/coffer/packages/cli/bin/coffer-oci.js "$@"'] },
    {
      terms: [
        [
          "podman",
          "`podman --runtime PATH …`, or `[engine.runtimes]` in containers.conf. Add the name to `runtime_supports_json`, and to `runtime_supports_nocgroup` for `--cgroups=disabled`.",
        ],
        ["buildah", "`buildah --runtime PATH run …`"],
        ["containerd", "`ctr run --runc-binary PATH …`, or `BinaryName` in the options of `io.containerd.runc.v2`"],
        ["docker", '`"runtimes": {"coffer": {"path": "PATH"}}` in daemon.json, then `docker run --runtime coffer …`'],
      ],
      head: ["Engine", "Set-up"],
    },
    "With each of these engines the cgroup manager is cgroupfs. `npm run test:clients` runs all of them beside runc and crun, and leaves its tables in `test/.cache/clients/`. [engines.md](engines/engines.md) lists what passed.",
  ],
};
