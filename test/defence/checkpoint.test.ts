// A checkpoint is data of somebody else (CVE-2024-8676, CVE-2026-53492): what it would give beyond the config is refused.
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { fails, ok } from "../helpers/container.ts";
import { countOf, dump, makeCounter, restore, restoreWords, startCounter } from "../helpers/criu/checkpoint.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { attacks, inHostsNetwork, onHost } from "./checkpoint-attacks.ts";
import type { Row } from "./checkpoint-rows.ts";
import { rows } from "./checkpoint-rows.ts";

const patch = {
  "/mounts/-": { destination: "/srv", type: "bind", source: "$BASE/canary", options: ["bind", "rprivate"] },
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
    syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO" }],
  },
};

/** Changes a checkpoint in each of the ways: every restore is refused, and that of the checkpoint as it was goes on. */
const refused = test.macro({
  title: (_, title: string) => title,
  async exec(t, _title: string, changes: readonly Row[], more: Patch = {}) {
    t.timeout(600_000);
    if (!(await needs(t, "root", "criu"))) return;
    const box = makeCounter(t, { ...patch, ...more });
    await startCounter(t, box);
    await dump(t, box);
    for (const [what, change, error] of changes) {
      const hostile = { ...box, images: join(box.base, `images ${what}`) };
      cpSync(box.images, hostile.images, { recursive: true });
      execFileSync("chmod", ["0700", hostile.images]);
      change(hostile);
      await fails(t, box, "restore", restoreWords(hostile), error);
    }
    await nothingLeft(t, box, box.before);
    await restore(t, box, countOf(box));
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
});

test.serial(refused, "what a checkpoint says beyond the config is refused, and nothing is touched", rows);
test.serial(refused, "what CRIU reads otherwise is refused, and nothing is touched", attacks);
test.serial(refused, "what CRIU would open or bind on the host is refused, and nothing is touched", onHost);
test.serial(refused, "a port of the host that needs a right is refused, and nothing is touched", inHostsNetwork, {
  "/process/capabilities": {},
  "/linux/namespaces": ["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
});
