// The container of a module: an empty root that cannot be written, one static program, and the directories that it was given.

import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import { hostId, planRules, toWords } from "../defaults/index.ts";
import type { HostFacts } from "../host/facts.ts";
import { probeHost } from "../host/probe.ts";
import { cgroupPlaces, planCreate } from "../plan/index.ts";
import { makeImage } from "../runtime/launch/image.ts";
import type { Prepared } from "../runtime/launch/prepare.ts";
import { followsLinks } from "../runtime/policy/guard.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { HeldLimits } from "../runtime/sandbox/limits.ts";
import { coverable, pickCover } from "../runtime/sandbox/plan.ts";
import { readViewpoint } from "../runtime/store/identity.ts";
import { toRemembered } from "../runtime/store/record.ts";
import type { Command } from "./module/check.ts";
import { profileOf } from "./wasi/profile.ts";

/** A directory of the host that a module is given. */
export interface WasmDir {
  /** Where it is: absolute, without links. */
  readonly host: string;
  /** What the module calls it. */
  readonly guest: string;
  readonly readonly: boolean;
}

/** What a container of a module is made of. */
export interface WasmAsked {
  readonly id: string;
  readonly command: Command;
  /** The compiled program, absolute. */
  readonly program: string;
  /** The name that the module finds as its own, and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dirs: readonly WasmDir[];
  /** Pages that its memory may have. */
  readonly mostPages: number;
  readonly limits: HeldLimits;
  readonly stated: boolean;
  /** The time of each op is wanted. */
  readonly trace: boolean;
}

const programPath = "/program";
const dirPath = (index: number): string => `/dirs/${index}`;
const namespaces = ["user", "pid", "mount", "ipc", "uts", "cgroup", "network"];
const noneReadonly = ["rro", "rnosuid", "rnodev"];

/** The words of the program: the settings of helper-c/wasm/start.c, and then those of the module. */
function wordsOf({ args, dirs, mostPages }: WasmAsked): readonly string[] {
  const given = dirs.flatMap(({ guest }, index) => [dirPath(index), guest]);
  return [programPath, `${mostPages}`, `${dirs.length}`, ...given, ...args];
}

function mountsOf({ program, dirs }: WasmAsked, outside: number | undefined): readonly object[] {
  const rules = dirs.map(({ host, readonly }, index) => ({
    path: dirPath(index),
    source: host,
    access: readonly ? ("read" as const) : ("write" as const),
    mapped: true,
  }));
  const { mounts } = planRules(rules, [], outside);
  const bind = { destination: programPath, type: "bind", source: program };
  return [{ ...bind, options: ["rbind", "rprivate", ...noneReadonly] }, ...mounts];
}

function configOf(asked: WasmAsked, facts: HostFacts): Config {
  const outside = hostId(facts);
  const { limits, command, dirs, env } = asked;
  const { resources, rlimits = [] } = limits;
  return checkConfig({
    ociVersion: "1.2.0",
    process: {
      terminal: false,
      user: { uid: facts.uid, gid: facts.gid },
      args: wordsOf(asked),
      env: toWords(env),
      cwd: "/",
      capabilities: {},
      noNewPrivileges: true,
      rlimits: [...rlimits, { type: "RLIMIT_CORE", soft: 0, hard: 0 }],
    },
    root: { path: "/", readonly: true },
    hostname: "wasm",
    mounts: mountsOf(asked, outside),
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      uidMappings: [{ containerID: facts.uid, hostID: outside ?? facts.uid, size: 1 }],
      gidMappings: [{ containerID: facts.gid, hostID: outside ?? facts.gid, size: 1 }],
      seccomp: profileOf(command.imports, dirs.length > 0, asked.trace),
      ...(resources === undefined ? {} : { resources }),
    },
  });
}

/** Plans the container. */
export function planWasm(runtime: Runtime, asked: WasmAsked): Prepared {
  const { system } = runtime;
  const { id, dirs, program, limits, stated } = asked;
  const sources = [program, ...dirs.map(({ host }) => host)];
  const facts = probeHost(system, {
    paths: [...new Set([...coverable, ...sources])],
    systemd: limits.manager === "systemd",
  });
  const config = configOf(asked, facts);
  const plan = planCreate(config, facts, {
    id,
    rootfs: { tmpfs: true, at: pickCover(facts, sources) },
    state: stated,
    sources: Object.fromEntries(sources.map((path) => [path, { at: "host-root", path }])),
    sourceLinks: followsLinks(runtime),
    cgroupManager: limits.manager,
    bindsStay: true,
    hasDev: false,
    keepStreams: true,
    dieWithParent: true,
    terminal: "none",
    home: false,
  });
  const record = {
    id,
    bundle: "/",
    rootfs: "/",
    created: system.now(),
    uid: system.caller.uid,
    cgroups: cgroupPlaces(config, facts, id, limits.manager),
    viewpoint: readViewpoint(system),
    config: toRemembered(config),
  };
  return { image: makeImage(plan), record, inputs: [], existing: [] };
}
