// A container in a mount namespace that is there already: its root is a directory of that namespace.
import { join } from "node:path";
import test from "ava";
import { start } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { runBundle } from "../helpers/peers/runtimes.ts";

test.serial("a mount namespace by path is joined, and its mounts are seen", async (t) => {
  const box = makeBox(t, {
    "/process/args": ["/probe", "dir", "/mnt"],
    "/mounts": [],
    "/root/readonly": undefined,
    "/linux/maskedPaths": undefined,
    "/linux/readonlyPaths": undefined,
  });
  const mount = `mount -t tmpfs marker ${join(box.path, "rootfs/mnt")} && touch ${join(box.path, "rootfs/mnt/here")}`;
  const holder = start(
    ["unshare", "-m", "--propagation", "private", "sh", "-c", `${mount} && echo ready && read line`],
    {
      keepStdin: true,
    },
  );
  await holder.saw("ready");
  const namespaces = [{ type: "pid" }, { type: "mount", path: `/proc/${holder.pid}/ns/mnt` }, { type: "uts" }];
  const joined = makeBox(t, {
    "/root/path": join(box.path, "rootfs"),
    "/process/args": ["/probe", "dir", "/mnt"],
    "/mounts": [],
    "/root/readonly": undefined,
    "/linux/maskedPaths": undefined,
    "/linux/readonlyPaths": undefined,
    "/linux/namespaces": namespaces,
  });
  const outcome = await runBundle("coffer", joined);
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.regex(outcome.stdout, /here/);
  await nothingLeft(t, joined, joined.before);
  holder.write("\n");
  await holder.done;
});
