// The bundle that all containers of a soak share, and what one of them could leave.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probe } from "../../test/helpers/build.ts";
import { baseConfig, rootlessPatch } from "../../test/helpers/config.ts";
import { toJson } from "../../test/helpers/json.ts";

export type Stage = {
  readonly tag: string;
  readonly bundle: string;
  readonly root: string;
  readonly end: () => void;
};

export function makeStage(): Stage {
  const tag = `soak-${process.pid}`;
  const base = mkdtempSync(join(tmpdir(), "cft-soak-"));
  chmodSync(base, 0o755);
  const bundle = join(base, "bundle");
  const rootfs = join(bundle, "rootfs");
  for (const name of ["proc", "dev", "sys", "tmp"]) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(probe(), join(rootfs, "probe"));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const own = uid === 0 ? { "/linux/resources": undefined } : rootlessPatch(uid, gid);
  writeFileSync(
    join(bundle, "config.json"),
    toJson(baseConfig({ ...own, "/process/args": ["/probe", "sleep", "1000", tag] })),
  );
  const end = (): void => rmSync(base, { recursive: true, force: true });
  return { tag, bundle, root: join(base, "state"), end };
}

const lines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
};

const mountsOf = (base: string): readonly string[] =>
  lines("/proc/self/mountinfo").filter((line) => line.includes(base));

/** Processes that have the tag in their cgroup, or as the last word of their command. */
function processesOf({ tag }: Stage): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const isOurs = (pid: string): boolean =>
    lines(`/proc/${pid}/cgroup`).some((line) => line.includes(`${tag}-`)) ||
    lines(`/proc/${pid}/cmdline`).some((line) => line.startsWith("/probe") && line.split("\0").includes(tag));
  return pids.filter(isOurs);
}

/** What is left, in words. */
export function leftOf(stage: Stage): readonly string[] {
  const { tag, root, bundle } = stage;
  const groups = [
    "/sys/fs/cgroup",
    ...(existsSync("/sys/fs/cgroup") ? readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`) : []),
  ];
  const cgroups = groups.flatMap((path) => {
    try {
      return readdirSync(path).filter((name) => name.includes(`${tag}-`));
    } catch {
      return [];
    }
  });
  return [
    ...cgroups.map((name) => `cgroup ${name}`),
    ...processesOf(stage).map((pid) => `process ${pid}`),
    ...mountsOf(bundle).map((line) => `mount ${line}`),
    ...(existsSync(root) ? readdirSync(root).map((name) => `state ${name}`) : []),
  ];
}
