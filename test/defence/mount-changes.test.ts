// What a container with CAP_SYS_ADMIN makes of its mounts when a filter leaves it only so many calls: as the audit says.
import { execFileSync } from "node:child_process";
import type { ExecutionContext } from "ava";
import test from "ava";
import { mountWays } from "../../packages/core/src/audit/checks/mount-changes.ts";
import { firstId, rootlessPatch } from "../helpers/config.ts";
import { makeBox } from "../helpers/container.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { needs } from "../helpers/needs.ts";
import type { RunOptions } from "../helpers/peers/runtimes.ts";
import { coffer, runBundle } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";
import { userns } from "./catalogue/words.ts";

const waysByNames = mountWays.map(({ calls }) => calls.map(({ name }) => name).join(" "));
/** The probe has no 32-bit calls, of which umount is one. */
const ways = [...new Set(waysByNames)].filter((names) => names !== "umount");
const all = waysByNames.flatMap((names) => names.split(" "));
const notWays = ["setns unshare fspick chroot", "fsopen fsconfig fspick"];
const capabilities = ["CAP_SYS_ADMIN", "CAP_DAC_READ_SEARCH"];

/** Every call of a way is denied but these, and these are answered so. */
function filter(open: readonly string[], action: string): Json {
  const denied = all.filter((name) => !open.includes(name));
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      { names: denied, action: "SCMP_ACT_ERRNO" },
      ...(action === "SCMP_ACT_ALLOW" ? [] : [{ names: [...open], action }]),
    ],
  };
}

/** Whether the container has changed a mount, and by what the audit says that it can. */
async function seen(t: ExecutionContext, patch: Patch, asOther: boolean) {
  const box = makeBox(t, {
    ...patch,
    "/process/args": ["/probe", "weaken", "/proc/timer_list", "/mnt"],
    "/process/capabilities": { bounding: capabilities, permitted: capabilities, effective: capabilities },
    "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["bind", "ro"] },
  });
  // Handles are opened by who has the directory.
  execFileSync("chown", ["-R", `${firstId}:${firstId}`, box.rootfs]);
  const options: RunOptions = asOther ? { env: giveToUser(box), prefix: asUser } : {};
  const { stdout, stderr } = await runBundle("coffer", box, options);
  t.is(stdout.match(/\n/g)?.length, 42, stderr);
  const audit = (await coffer(box, "audit", [box.path], options)).stdout;
  return { changed: /: ok$/m.test(stdout), found: audit.match(/given: the filter lets (.*) through/)?.[1] };
}

const agrees = test.macro({
  async exec(t, names: string, action: string, isWay: boolean, asOther: boolean) {
    if (!(await needs(t, "root", "userns", ...(asOther ? (["user"] as const) : [])))) return;
    const { uid, gid } = userIds();
    const open = names.split(" ");
    const patch = { ...(asOther ? rootlessPatch(uid, gid) : userns), "/linux/seccomp": filter(open, action) };
    t.deepEqual(await seen(t, patch, asOther), { changed: isWay, found: isWay ? open.join(", ") : undefined });
  },
  title: (_provided, names, action, isWay, asOther) =>
    `${names} by ${action} is ${isWay ? "a" : "no"} way to change mounts, of ${asOther ? "a user" : "root"}`,
});

for (const asOther of [false, true]) {
  for (const names of ways) test.serial(agrees, names, "SCMP_ACT_ALLOW", true, asOther);
  for (const names of notWays) test.serial(agrees, names, "SCMP_ACT_ALLOW", false, asOther);
  test.serial(agrees, "umount2", "SCMP_ACT_TRACE", true, asOther);
}
