// --no-pivot, in a fast guest that never leaves its initramfs: pivot_root(2) does not work there. runc beside.
import type { Patch } from "../helpers/json.ts";
import { control, lines, prints, testScripts } from "./batch/batch-rows.ts";
import { runFast } from "./fast.ts";
import { bundle, labelSetup, shell } from "./labels/label-setup.ts";

/** What the container's root is, what is mounted where, and what of the host is there. */
const tell: Patch = shell(
  "cut -d' ' -f5 /proc/self/mountinfo; cat /etc/secret; ls -d /host /new /modules 2>/dev/null; echo end",
);
const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID: 0, size: 65536 }],
  "/linux/gidMappings": [{ containerID: 0, hostID: 0, size: 65536 }],
};

const coffer = (args: string): string => `: | $COFFER ${args} 2>&1 | cat`;
const runc = (args: string): string => `: | runc ${args} 2>&1 | cat`;

/** Without what is different from runtime to runtime: the masks. */
const seen = (command: string): string => `${command} | grep -v '^/proc/\\|^/sys/'`;
const own = ["/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "secret", "end"];

testScripts({
  guest: "fast",
  setup: labelSetup,
  rows: {
    "the root is the initramfs": prints(
      "stat -fc %T /; head -1 /proc/self/mountinfo | cut -d' ' -f9",
      /^(tmpfs|ramfs)\nrootfs\n$/,
    ),
    "it cannot be pivoted out of": prints(
      `${bundle("pivot", tell)}${coffer("run pivot")}`,
      /op \d+ pivot: pivot_root, umount2: .*\(EINVAL\)/,
    ),
    "--no-pivot": prints(`${bundle("np", tell)}${seen(coffer("run --no-pivot np"))}`, lines(...own)),
    "and in runc": control(prints(`${bundle("np-runc", tell)}${seen(runc("run --no-pivot np-runc"))}`, lines(...own))),
    "create, start and exec": prints(
      `${bundle("held", shell("sleep 1000"))}
$COFFER create --no-pivot held </dev/null >/dev/null
$COFFER start held
$COFFER exec held sh -c 'cat /etc/secret; ls -d /host 2>/dev/null || echo nothing else'
$COFFER delete --force held`,
      lines("secret", "nothing else"),
    ),
    "not with a user namespace": prints(
      `${bundle("user", { ...tell, ...userns })}${coffer("run --no-pivot user")}`,
      /\/linux\/namespaces: .*--no-pivot: its root could take the mount away/,
    ),
  },
  run: (script, options) => runFast(script, { ...options, append: "coffer.root=initramfs" }),
});
