// What the batches in the Debian guest share: a rootfs, bundles of root and of the ordinary user `tester`, and ways to
// run things.
import { guestCommand } from "./front.ts";

/** Where the programs of the guest find coffer-oci. */
export const cofferOci = "/usr/local/bin/coffer-oci";
/** A root directory that engines can be given. */
export const rootfs = "/var/lib/containers/rootfs";

const applets = ["sh", "cat", "id", "sleep"];

/** `edit SCRIPT RESOURCES` gives config.json a shell's script as its program, and limits. */
const edit = `
edit() {
	sed -i '/"resources": {/,/^\\t\\t},/d' config.json
	sed -i "s|\\"sh\\"|\\"sh\\",\\"-c\\",\\"$1\\"|; s|\\"terminal\\": true|\\"terminal\\": false|; s|\\"linux\\": {|\\"linux\\": {\\"resources\\":{$2},|" config.json
}`;

/** Makes the bundles `/home/b` and `/home/tester/b`, whose program is that script, with these resources. */
export const bundles = (script: string, resources: string): string => `
cd /home/b
runc spec
edit '${script}' '${resources}'
cd /home/tester/b
runc spec --rootless
sed -i 's|"hostID": 0|"hostID": 1000|' config.json
edit '${script}' '${resources}'
chown -R tester:tester /home/tester/b
`;

/** The first lines of a batch. */
export const debianSetup = `
mkdir -p /home/b/rootfs/bin /home/b/rootfs/proc /home/b/rootfs/dev /home/b/rootfs/sys /home/tester/b
cp /bin/busybox /home/b/rootfs/bin/
for name in ${applets.join(" ")}; do ln /home/b/rootfs/bin/busybox /home/b/rootfs/bin/$name; done
cp -a /home/b/rootfs ${rootfs}
cp -a /home/b/rootfs /home/tester/b/
${guestCommand(cofferOci, "coffer-oci")}
${guestCommand("/usr/local/bin/coffer", "coffer")}
cat >/run/as-tester <<'END'
#!/bin/sh
exec setpriv --reuid tester --regid tester --init-groups env HOME=/home/tester USER=tester LOGNAME=tester \\
	XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
END
chmod 755 /run/as-tester
${edit}
`;

/** Waits until systemd has forgotten a unit. */
export const gone = (list: string): string =>
  `for i in $(seq 30); do ${list} | grep -q . || break; sleep 1; done; ${list}`;
