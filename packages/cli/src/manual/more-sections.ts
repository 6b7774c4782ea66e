// Sections on checkpoints and on what a call prints.
import type { Section } from "./block.ts";

/** Checkpoints, and the two flags that need an explanation. */
export const featureSections: readonly Section[] = [
  {
    title: "Checkpoints",
    blocks: [
      "`checkpoint` and `restore` are for root. `criu` must be installed in `/usr/sbin`, `/usr/bin` or `/usr/local`; the `PATH` of the caller is ignored.",
      "`--image-path` is created with mode 0700 if missing. No link of another user may lead to it, and no other user may have write permission. The images of a container with a user namespace are also read by the container's root: `restore` needs mode 0711 for their directory.",
      "The config of the bundle alone decides what is restored: mounts, devices, cgroups, limits, namespaces and labels. A checkpoint is rejected if it has more, such as a mount, a device node, a capability, a namespace of the host, or no filter. The error lists every such finding. A container that has made mounts or namespaces of its own is rejected too.",
      "Every image must belong to the caller and must have the format of CRIU 4. Images and fields of older versions are rejected. Archives of a tmpfs must have the `gnu` format of tar(1). The names are those of runc, so that runc can restore a checkpoint of `coffer`, and the reverse.",
      "`prestart` and `createRuntime` hooks run at a restore, as in runc. With `--systemd-cgroup` CRIU and the container are put into a new scope. Standard streams may be pipes, files, FIFOs or a terminal of the container; sockets cannot be restored. Processes that `exec` started are not part of a checkpoint.",
      "The annotation `org.criu.config` names a configuration file of CRIU, whose options count more than the flags. CRIU runs as root what the file says, so no other user may have write permission on the file or on a directory of its path.",
      {
        terms: [
          [
            "`--manage-cgroups-mode`",
            "for `checkpoint`: `soft` (default), `full`, `strict` or `ignore`, which matters if another runtime restores; for `restore`: `soft` or `ignore`, which are the same",
          ],
          ["`--empty-ns network`", "accepted; a new network namespace is always left empty, as in runc"],
          [
            "`restore --lazy-pages`",
            "the processes start at once; the caller runs `criu lazy-pages --images-dir DIR --work-dir DIR`, which sends the memory",
          ],
          ["`checkpoint --lazy-pages`, `--status-fd`, `--page-server`", "rejected"],
        ],
        head: ["Flag", "Note"],
      },
    ],
  },
  {
    title: "`--no-pivot`",
    blocks: [
      "pivot_root(2) fails if the root is the initramfs. With `--no-pivot` init covers such a root, in the new mount namespace, with a copy of the root, and pivots out of the copy. The mounts of the container are the same as elsewhere. The root of the container covers the initramfs.",
      "On another host the flag changes nothing. On an initramfs the flag cannot be combined with a user namespace. A container with CAP_SYS_ADMIN is able to take the cover away.",
    ],
  },
  {
    title: "`--lock-mounts`",
    blocks: [
      "A container with CAP_SYS_ADMIN in its own user namespace can remove masks and read-only flags from its mounts. `--lock-mounts` prevents this. Without that capability the mounts hold anyway, and the flag changes nothing.",
      "The flag belongs to `run`, `create` and `audit`. The API calls it `lockMounts`. Engines use the annotation `coffer.lock-mounts` with the value `true`, as in `podman run --annotation coffer.lock-mounts=true …`.",
      "The container can still mount file systems, unmount its own mounts, and run services of systemd. It loses the following:",
      {
        list: [
          "It cannot unmount the mounts that it was given.",
          "While anything in `/proc` is masked, it cannot mount a new procfs, which runtimes inside the container need. An empty `/linux/maskedPaths` and `/linux/readonlyPaths` allow this; read-only binds stay locked.",
          "In a terminal `/proc/self/fd/0` reads `/0`.",
        ],
      },
      "The flag is an error in these cases:",
      {
        list: [
          "The container has no new mount namespace.",
          "The container has CAP_SYS_ADMIN but no user namespace: the lock would not hold.",
          "The user namespace is joined, not new.",
          "A mount is shared.",
          "The kernel or a security module refuses a second user namespace.",
        ],
      },
      "A container with locked mounts cannot be checkpointed. [Decision 0016](decisions/0016-locked-mounts.md) gives the reasons.",
    ],
  },
];

/** What a call prints and how it ends. */
export const answerSections: readonly Section[] = [
  {
    title: "Exit status",
    blocks: [
      {
        terms: [
          [
            "the program's",
            "`run`, `exec`, `sandbox` and `restore` in the foreground: 0 to 255, or 128 plus the number of the signal",
          ],
          ["125", "`run`, `exec`, `sandbox` or `restore` failed before the program ran"],
          ["126", "the program cannot be executed"],
          ["127", "the program does not exist"],
          ["1", "any other verb failed"],
          ["10 to 14", "`audit` has findings, from note to critical"],
          ["20", "`audit --policy`: the policy rejects the plan"],
          ["0", "success of any other verb"],
        ],
        head: ["Status", "Meaning"],
      },
    ],
  },
  {
    title: "Error lines",
    blocks: [
      "An error is one line on standard error: `coffer: WHAT: WHERE: WHY`. Control characters are escaped. If a field of the config is the cause, the line has the JSON pointer of the field. `--debug` also prints the causes.",
      'A warning does not end the verb. The config has, for example, a field that the spec does not know, or a system call that Linux does not have. A warning is one line of the log file, or of standard error if there is no log file. `plan` and `audit` print the warnings of a bundle. `--strict`, or `"strict": true` in a [policy](use/policy.md), makes each warning an error.',
      "Phrases that engines parse are those of runc: `executable file not found in $PATH`, `no such file or directory`, `permission denied`, `container does not exist`. [error-codes.md](use/error-codes.md) lists the error codes. An argument that is not UTF-8 is an error.",
    ],
  },
  {
    title: "Environment",
    blocks: [
      {
        terms: [
          ["`XDG_RUNTIME_DIR`", "parent of the state directory of an ordinary user"],
          ["`COFFER_HELPER`", "path of another helper than the built-in one"],
          ["`NOTIFY_SOCKET`", "socket for readiness messages; see [Readiness](#readiness)"],
          [
            "`LISTEN_FDS`",
            "number of descriptors from 3 on that are passed to the container, in addition to those of `--preserve-fds`",
          ],
        ],
        head: ["Variable", "Meaning"],
      },
    ],
  },
];
