// H. Between the stages, and untrusted metadata.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { tools } from "../../helpers/build.ts";
import { eventually, factsHold, firstLine, outputHolds, refusal } from "../matrix/seen.ts";
import type { Attempt, Group, Row } from "../matrix/types.ts";
import { takenForAnother } from "./bytes.ts";
import { apparmor, guest, label, notApplicable, probes, shown, tried } from "./words.ts";

const lengths = [65_520, 65_530, 65_536, 70_000];

/** Variables around the length where a 16-bit field overflows: each arrives whole, and nothing else with it. */
const wholeVariables: Attempt["observe"] = factsHold(({ env }) => {
  const arrived = env.filter((row) => row.startsWith("LONG")).map((row) => row.length);
  return arrived.join() === lengths.join() ? undefined : `lengths ${arrived.join()}`;
});

/** The bundle's config is another between create and start. */
const configIsReadOnce: Attempt["observe"] = async (stage) => {
  const { bundle } = stage;
  const created = await stage.verb("create", ["--bundle", bundle.path, bundle.tag]);
  if (created.exitCode !== 0) return refusal(created);
  const file = `${bundle.path}/config.json`;
  writeFileSync(
    file,
    readFileSync(file, "utf8").replaceAll('"first"', '"second"').replaceAll('"CAP_KILL"', '"CAP_SYS_ADMIN"'),
  );
  const started = await stage.verb("start", [bundle.tag]);
  if (started.exitCode !== 0) return refusal(started);
  const said = (): string =>
    existsSync(`${bundle.base}/vol/said`) ? readFileSync(`${bundle.base}/vol/said`, "utf8") : "";
  await eventually(() => said() !== "");
  return said() === "first" ? "ran" : { failed: `the program wrote ${said()}` };
};

/** What the hook is: its environment, its directory, and what it has open besides its own input and output. */
const hookScript = (base: string): string =>
  `#!/bin/sh\n{ env; pwd; ls -l /proc/$$/fd | sed -n 's/.* \\([0-9]*\\) -> /fd \\1 /p'; } > ${base}/hook-env\n`;

/** A hook of the host: nothing of the container's environment, no descriptor of the caller's, and the directory is the bundle. */
const hookIsClean: Attempt["observe"] = async (stage) => {
  const { base } = stage.bundle;
  writeFileSync(`${base}/hook`, hookScript(base));
  chmodSync(`${base}/hook`, 0o755);
  const prefix = [tools(), "fds", "20", stage.bundle.canary, "--"];
  const outcome = await stage.run({ env: { OF_THE_CALLER: "1" }, prefix });
  if (outcome.exitCode !== 0) return { failed: firstLine(outcome) };
  const lines = readFileSync(`${base}/hook-env`, "utf8").split("\n");
  const strays = lines.filter((line) => /^(LD_PRELOAD|OF_THE_CONTAINER|OF_THE_CALLER)=|^fd .*canary/.test(line));
  if (strays.length > 0) return { failed: `the hook has ${strays.join(", ")}` };
  const directory = lines.find((line) => line.startsWith("/"));
  return directory === `${base}/bundle`
    ? "ran"
    : { failed: `the hook begins in ${directory?.replaceAll(base, "$BASE")}` };
};

/** Whom the runtime talks to: nobody but by unix sockets and to the kernel. */
const staysLocal: Attempt["observe"] = async (stage) => {
  const file = `${stage.bundle.base}/strace`;
  const prefix = ["strace", "-f", "-qq", "-o", file, "-e", "trace=connect,sendto,sendmsg,bind"];
  const outcome = await stage.run({ prefix });
  if (outcome.exitCode !== 0) return refusal(outcome);
  const calls = readFileSync(file, "utf8").split("\n");
  const away = calls.find((line) => /sa_family=AF_(?!UNIX|NETLINK|UNSPEC)/.test(line));
  return away === undefined ? "ran" : { failed: `talks to ${away.replace(/^\d+ +/, "").slice(0, 80)}` };
};

const files = [
  'echo "[Exec]\\nBoot=yes" > bundle/rootfs/box.nspawn',
  "cp bundle/config.json bundle/rootfs/config.json",
  "sed -i 's/1024/99/' bundle/rootfs/config.json",
  "echo '{}' > bundle/rootfs/.crun.json",
  "mkdir -p bundle/rootfs/.wh; echo x > bundle/rootfs/.dockerenv",
];

const rows: readonly Row[] = [
  {
    id: "runc CVE-2021-43784",
    cause: "a 16-bit length overflows: data become attributes",
    rules: ["R10"],
    by: ["packages/core/src/wire/encode.ts", "helper-c/plan/verify/image.c"],
    show: tried({
      patch: {
        "/process/env": lengths.map((length, index) => `LONG${index}=`.padEnd(length, "x")),
      },
      observe: wholeVariables,
    }),
  },
  {
    id: "stored plans",
    cause: "a plan that somebody else wrote does what no rule of a policy looks at",
    rules: ["R10"],
    by: [
      "packages/core/src/exposure/models.ts",
      "packages/core/src/exposure/doubts.ts",
      "packages/core/src/policy/index.ts",
    ],
    show: shown("packages/core/src/policy/stored.test.ts", "a stored plan is refused: "),
  },
  {
    id: "stored plans: a root that is a link",
    cause: "a policy judges the path of a root, and a link in it leads elsewhere",
    rules: ["R1", "R10"],
    by: ["packages/core/src/plan/tree/rootfs.ts", "packages/core/src/runtime/reports/stored-plan.ts"],
    show: shown(
      "test/cli/policy.test.ts",
      "a root that is allowed by its path is what the path says, in a bundle and for a stored plan",
    ),
  },
  {
    id: "the plan between planner and launcher",
    cause: "lengths and offsets that are not checked",
    rules: ["R10"],
    by: ["helper-c/plan/verify/image.c", "helper-c/fuzz/verify-fuzz.c"],
    show: shown("test/helper/protocol.test.ts", "every cut of a plan is refused"),
  },
  {
    id: "LXC 2026: command socket",
    cause: "what a peer sends is parsed unchecked",
    rules: ["R10", "R12"],
    by: ["helper-c/host/gate.c", "helper-c/init/last.c"],
    show: shown("test/helper/gate.test.ts", "connections without go, and garbage, change nothing"),
  },
  {
    id: "systemd-nspawn CVE-2026-40226",
    cause: "a settings file beside or in the image is obeyed",
    rules: ["R10"],
    by: ["packages/core/src/runtime/launch/bundle.ts"],
    show: tried({
      before: files.join("; "),
      observe: factsHold(({ rlimits }) =>
        `${rlimits.nofile}` === "1024,1024" ? undefined : "another config was read",
      ),
    }),
  },
  {
    id: "config.json is read again",
    cause: "start or exec read the bundle once more",
    rules: ["R10"],
    by: ["packages/core/src/runtime/store/store.ts"],
    show: tried({
      patch: {
        ...probes("write", "/mnt/said", "first"),
        "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/vol", options: ["bind"] },
      },
      before: "mkdir vol",
      observe: configIsReadOnce,
    }),
  },
  {
    id: "hooks: NVIDIA CVE-2024-0132, CVE-2025-23266",
    cause: "a hook of root's has the container's environment",
    rules: ["R11"],
    by: ["helper-c/sys/spawn.c", "packages/core/src/plan/process/hooks.ts"],
    show: tried({
      patch: {
        "/process/env/-": "OF_THE_CONTAINER=1",
        "/hooks": { createRuntime: [{ path: "$BASE/hook", args: ["hook"], env: ["PATH=/usr/bin:/bin"] }] },
      },
      observe: hookIsClean,
    }),
    control: "hooks have an environment of their own there too",
    alone: "test/spec3/hooks.test.ts compares the whole environment of a hook",
  },
  {
    id: "hooks: NVIDIA CVE-2025-23267, CVE-2026-24260",
    cause: "a hook works on the image by path, while a process of the container changes it",
    rules: ["R11"],
    by: ["packages/core/src/plan/process/hooks.ts"],
    // Nothing of the container has run by then.
    show: shown("test/spec3/hooks.test.ts", "createContainer runs in the container's namespaces"),
  },
  {
    id: "crun #2167: order of hooks",
    cause: "createContainer runs before the mounts",
    rules: ["R11"],
    by: ["packages/core/src/plan/process/hooks.ts"],
    show: shown(
      "test/spec3/hooks.test.ts",
      "createContainer runs in the container's namespaces, before the root is the container's",
    ),
  },
  {
    id: "CRI-O CVE-2022-4318",
    cause: "a newline in HOME becomes a line of passwd",
    rules: ["R10"],
    by: ["packages/core/src/plan/process/process.ts"],
    show: tried({
      patch: { "/process/env/-": "HOME=/x\nroot::0:0::/:/probe", "/root/readonly": false, ...probes("look", "/etc") },
      observe: outputHolds((stdout) => (/passwd/.test(stdout) ? "passwd was written" : undefined)),
    }),
  },
  {
    id: "flatpak CVE-2024-32462",
    cause: "an argument is parsed again as an option",
    rules: ["R10"],
    by: ["packages/core/src/plan/process/process.ts"],
    show: tried({
      patch: probes("echo", "--bind", "/", "/host", "-v"),
      observe: outputHolds((stdout) => (stdout === "--bind / /host -v\n" ? undefined : stdout)),
    }),
  },
  {
    id: "coffer 2026: words of a command",
    cause: "a parser of options moves words that occur twice: exec and sandbox ran another command",
    rules: ["R10"],
    by: ["packages/cli/src/parse/line.ts"],
    show: shown("test/lifecycle/exec.test.ts", "exec keeps the words of a command in their places"),
  },
  {
    id: "LXC CVE-2017-18641; supply chain",
    cause: "unverified code at build or start",
    rules: ["R12"],
    by: ["build.zig", "package-lock.json"],
    show: shown("test/helper/clean-build.test.ts", "two clean builds are the same"),
  },
  {
    id: "crun: unconfined_foo",
    cause: "the prefix of a profile's name is compared",
    rules: ["R10"],
    by: [label],
    show: guest("AppArmor", apparmor, "a name that begins with unconfined is another"),
  },
  {
    id: "network of the runtime",
    cause: "the runtime itself loads something",
    rules: ["R12"],
    by: ["helper-c/sys/sys.h"],
    show: tried({ patch: probes("echo", "x"), observe: staysLocal }),
  },
];

/** What the runtime can still narrow of what happens above it: data that became authority. */
const after: readonly Row[] = [
  {
    id: "containerd CVE-2026-53492; NVIDIA CDI: annotations",
    cause: "annotations name hooks, devices, units, handlers, files",
    rules: ["R10"],
    by: ["packages/core/src/plan/create/create.ts"],
    show: tried({
      patch: {
        "/annotations": {
          "cdi.k8s.io/test": "vendor.com/device=all",
          "io.kubernetes.cri-o.Devices": "/dev/kmsg",
          "run.oci.hooks.stderr": "$BASE/canary/stderr",
          "run.oci.hooks.stdout": "$BASE/canary/stdout",
          "run.oci.keep_original_groups": "1",
          "run.oci.mount_context_type": "rootcontext",
          "run.oci.delegate-cgroup": "../../escaped",
          "run.oci.systemd.subgroup": "../x",
        },
        "/hooks": { createRuntime: [{ path: "/bin/true", args: ["true"] }] },
      },
      observe: factsHold(({ dev }) => (dev !== null && "kmsg" in dev ? "a device came by annotation" : undefined)),
    }),
    control: "crun writes the output of hooks where an annotation says",
  },
  {
    id: "containerd CVE-2026-53488, CVE-2026-50195: labels, image references",
    cause: "a label of the image is a logger's command",
    rules: ["R10"],
    by: ["packages/core/src/runtime/launch/bundle.ts"],
    show: notApplicable("the runtime reads no label and no reference, and starts no logger"),
  },
  {
    id: "CRI-O CVE-2024-8676; containerd CVE-2026-53489: checkpoints",
    cause: "mounts and links of a checkpoint are obeyed",
    rules: ["R10"],
    by: ["packages/core/src/criu/judge/index.ts"],
    show: shown(
      "test/defence/checkpoint.test.ts",
      "what a checkpoint says beyond the config is refused, and nothing is touched",
    ),
  },
  {
    id: "coffer 2026: two readers of a checkpoint",
    cause: "a check reads archives and images otherwise than the program that acts on them",
    rules: ["R10"],
    by: ["packages/core/src/criu/read/tar.ts", "packages/core/src/criu/read/protobuf.ts"],
    show: shown("test/defence/checkpoint.test.ts", "what CRIU reads otherwise is refused, and nothing is touched"),
  },
  {
    id: "advisory 0037: paths of a checkpoint",
    cause:
      "CRIU opens a file, binds a socket or a directory, by a path that leads through its own descriptors or out of a bind",
    rules: ["R1", "R10"],
    by: ["packages/core/src/criu/judge/opened.ts", "packages/core/src/criu/judge/external.ts"],
    show: shown(
      "test/defence/checkpoint.test.ts",
      "what CRIU would open or bind on the host is refused, and nothing is touched",
    ),
  },
  {
    id: "advisory 0038: login uid of a checkpoint",
    cause: "CRIU writes the login uid of a process with the rights of root, and audit records name another user",
    rules: ["R1", "R10"],
    by: ["packages/core/src/criu/judge/priority.ts"],
    show: shown("test/defence/checkpoint.test.ts", "what CRIU reads otherwise is refused, and nothing is touched"),
  },
];

export const groupH: Group = {
  letter: "H",
  title: "Between the stages, and untrusted metadata",
  rows: [...rows, ...after, ...takenForAnother],
};
