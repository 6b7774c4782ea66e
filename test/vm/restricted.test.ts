// `coffer sandbox` of an ordinary user where user namespaces are restricted: what the error and `doctor` say, the remedy that
// they print, and the reduced mode. All rows run in one guest, the fast one, whose kernel is Debian's.
import { testUser } from "../helpers/user.ts";
import { lines, prints, testScripts } from "./batch/batch-rows.ts";
import { runFast } from "./fast.ts";

/**
 * `restricted` may not make a user namespace. `taking` may, and gets no capabilities in it, as unconfined programs on Ubuntu.
 * Both give a program its own profile where it has one, as no profile does.
 */
const profile = (name: string, rules: string): string => `
profile ${name} flags=(attach_disconnected) {
  mount, umount, pivot_root, signal, ptrace, unix, network, ${rules}
  / rix,
  /** rwlk,
  /?** pix,
}`;

// The test user's own directory is below /home: the sandbox has a /tmp of its own.
const setup = (): string => `
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
mkdir -p /home/${testUser}/work
chown -R ${testUser}: /home/${testUser}
cat >/run/profiles <<'END'
abi <abi/4.0>,
${profile("restricted", "capability,")}
${profile("taking", "userns,")}
END
apparmor_parser --add --skip-cache /run/profiles
rm -f /etc/apparmor.d/coffer
cat >/run/lib <<'END'
coffer=$REPOSITORY/packages/cli/bin/coffer
user() { setpriv --reuid ${testUser} --regid ${testUser} --init-groups env HOME=/nonexistent "$@"; }
# What is said by the error, by doctor, and in the reduced mode; "under" are words before.
tells() {
	cd /home/${testUser}/work
	user $under $coffer sandbox --tools none -- true 2>&1 || echo "status $?"
	user $under $coffer doctor | grep -A 1 ' user namespaces: ' || :
	user $under $coffer sandbox --reduced --tools none -- echo "reduced works" 2>&1
}
works() {
	cd /home/${testUser}/work
	user $under $coffer sandbox --tools none -- "$@" 2>&1
}
END
`;

const lib = ". /run/lib\n";
const reduced = "reduced works\n";
const offered = "or add --reduced: no namespaces, but Landlock and seccomp alone";

/** A sysctl that is set, told of, and set as the error says. */
const bySysctl = (name: string, errno: string) =>
  prints(
    `${lib}
sysctl -q -w ${name}=0
tells | tee /run/told
command=$(sed -n 's/.*have root set \\(sysctl -w [a-z_.]*=[0-9]*\\);.*/\\1/p' /run/told)
$command >/dev/null
works echo "works"
`,
    new RegExp(
      [
        `^coffer: [^\n]*clone[^\n]*\\(${errno}\\): the sysctl ${name} is 0, [^\n]*; ${offered}[^\n]*\n`,
        `status 125\nmissing  user namespaces: turned off by ${name}\n +[^\n]*have root set sysctl -w ${name}=[1-9]`,
        `[^\n]*\n${reduced}works\n$`,
      ]
        .join("")
        .replaceAll(".", "\\."),
    ),
  );

/** A profile of the caller that refuses, and then the command that the error prints. */
const byProfile = (name: string, errno: string) =>
  prints(
    `${lib}
under="aa-exec -p ${name} --"
tells | tee /run/told
sed -n 's/^coffer: .*for the helper: \\(echo .*\\); or add --reduced.*/\\1/p' /run/told | sed 's/sudo //g' >/run/command
sh /run/command >/dev/null
works cat /proc/self/attr/apparmor/current
apparmor_parser --remove /etc/apparmor.d/coffer
works true || echo "not without it: $?" | tail -1
`,
    new RegExp(
      [
        `^coffer: [^\n]*clone[^\n]*\\(${errno}\\): the AppArmor profile "${name}" of the caller [^\n]*; ${offered}[^\n]*\n`,
        `status 125\nlimited  user namespaces: the caller has the AppArmor profile ${name}\n[^\n]*apparmor_parser -r[^\n]*\n`,
        `${reduced}coffer \\(unconfined\\)\n[^\n]*\nnot without it: 125\n$`,
      ].join(""),
    ),
  );

testScripts({
  guest: "apparmor",
  setup,
  rows: {
    "nothing is restricted": prints(`${lib}works echo "works"`, lines("works")),
    "kernel.unprivileged_userns_clone": bySysctl("kernel.unprivileged_userns_clone", "EPERM"),
    "user.max_user_namespaces": bySysctl("user.max_user_namespaces", "ENOSPC"),
    "a profile that refuses user namespaces": byProfile("restricted", "EACCES"),
    "a profile that takes their capabilities": byProfile("taking", "EPERM"),
  },
  run: (script, options) => runFast(script, { ...options, append: "security=apparmor apparmor=1" }),
});
