// What can be chosen without a file: defaults, what engines give, and each profile of a sandbox.
import type { HostFacts, PlanCreateOptions, Subject } from "@coffer/core";
import { builtIn, defaultConfig, parseRule, proxyPort, sandboxConfig, sandboxPaths } from "@coffer/core";
import type { SandboxProfile } from "@coffer/spec";
import { specTemplate, stringifyJson } from "@coffer/spec";
import engines from "../../samples/engines.gen.json" with { type: "json" };
import { factsOf } from "../hosts.ts";
import type { Answers, Host } from "../protocol.ts";

const project = "/home/me/project";
const profiles: Readonly<Record<string, SandboxProfile>> = { plain: {}, ...builtIn };

interface SandboxMade {
  readonly config: object;
  readonly facts: HostFacts;
  readonly options: Partial<PlanCreateOptions>;
  readonly egress: NonNullable<Subject["egress"]>;
  readonly inputs: NonNullable<Subject["inputs"]>;
}

function sizesOf({ sizes = {} }: SandboxProfile): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(sizes).flatMap(([path, size]) => (typeof size === "number" ? [[path, size]] : [])),
  );
}

function resourcesOf({ limits }: SandboxProfile) {
  if (limits === undefined) return {};
  const { memory, pids, cpus } = limits;
  return {
    resources: {
      ...(typeof memory === "number" ? { memory: { limit: BigInt(memory) } } : {}),
      ...(pids === undefined ? {} : { pids: { limit: BigInt(pids) } }),
      ...(cpus === undefined ? {} : { cpu: { quota: BigInt(Math.round(cpus * 100_000)), period: 100_000n } }),
    },
  };
}

/** The sandbox of a profile, which works in a project of the host. */
export function sandboxOf(name: string, host: Host): SandboxMade {
  const profile = profiles[name] ?? {};
  const facts = factsOf(host, [...sandboxPaths, project, "/mnt"]);
  const allow = profile.network?.allow ?? [];
  const made = sandboxConfig(
    {
      args: ["npm", "test"],
      cwd: project,
      writable: profile.writable ?? false,
      sizes: sizesOf(profile),
      ...resourcesOf(profile),
    },
    facts,
  );
  return {
    config: made.config,
    facts,
    options: {
      ...made.options,
      rootfs: { tmpfs: true, at: "/mnt" },
      bundle: project,
      keepStreams: true,
      dieWithParent: true,
      init: true,
      terminal: "none",
      // As `coffer sandbox`: no cgroup without a limit.
      cgroupManager: profile.limits === undefined ? "none" : "cgroupfs",
      ...(allow.length > 0 ? { listeners: [{ port: proxyPort, message: "proxy" }] } : {}),
    },
    inputs: { workdir: project },
    egress: { allow: allow.map((text) => parseRule(text, "allow")), hostPorts: [], publishes: false },
  };
}

const ids = { uid: 600_178_688, gid: 600_178_688, size: 65_536 };

function defaultOf(host: Host): object {
  const { uid, gid, cgroup, privileged } = factsOf(host, []);
  const ownsHost = privileged && host.caller === "root";
  return defaultConfig({
    ids: ownsHost ? ids : { uid, gid, size: 1 },
    arch: "x86_64",
    ownsHost,
    cgroup2: cgroup.mode === "v2",
  });
}

/** The config of a sample. */
export function makeSample(name: string, host: Host): Answers["sample"] {
  const print = (config: object): string => `${stringifyJson(config, 2)}\n`;
  const sandbox = /^sandbox: (.*)$/.exec(name)?.[1];
  if (sandbox !== undefined) return { text: print(sandboxOf(sandbox, host).config), sandbox };
  if (name === "coffer spec") return { text: print(defaultOf(host)) };
  const engine = Object.entries(engines).find(([one]) => one === name)?.[1];
  if (engine !== undefined) return { text: print(engine) };
  const isRoot = host.caller === "root" || host.caller === "nested-root";
  return {
    text: print(
      specTemplate({
        cgroupNamespace: host.cgroups === "v2",
        ...(isRoot ? {} : { rootless: { uid: 1000, gid: 1000 } }),
      }),
    ),
  };
}
