import type { Interfaces } from "@oclif/core";
import { Args, Flags } from "@oclif/core";

/** The one word of most verbs. */
export const idArg = { id: Args.string({ required: true, description: "the container's id" }) };

/** The policy that a plan has to keep. */
export const policyFlag = Flags.string({
  description: "what the plan may do; one that does more is refused",
  helpValue: "FILE",
});

/** The file that a timeline is written to. */
export const traceToFlag = Flags.string({
  description: "write a timeline of the ops to a page; also --trace=FILE",
  helpValue: "FILE",
});

/** Flags of the verbs that make a process. */
export const processFlags = {
  policy: policyFlag,
  "console-socket": Flags.string({ description: "socket that gets the terminal's other end", helpValue: "PATH" }),
  "pid-file": Flags.string({ description: "file to write the process id to", helpValue: "FILE" }),
  "pidfd-socket": Flags.string({ description: "socket that gets the process's pidfd", helpValue: "PATH" }),
  "preserve-fds": Flags.integer({ description: "further descriptors to pass, from 3 on", helpValue: "N", min: 0 }),
};

/** Flags of the verbs that make a container of a bundle. */
export const bundleFlags = {
  bundle: Flags.string({ char: "b", description: "the bundle's directory", helpValue: "DIR", default: "." }),
  "no-new-keyring": Flags.boolean({ description: "keep the caller's session keyring" }),
  "no-pivot": Flags.boolean({ description: "the root is an initramfs, which nothing can pivot out of" }),
  ...processFlags,
};

/** Flags of the verbs that plan a new container from a bundle. */
export const newFlags = {
  "lock-mounts": Flags.boolean({ description: "keep CAP_SYS_ADMIN in the container from changing the mounts it has" }),
};

/** Flags of checkpoint and restore. */
export const criuFlags = {
  "image-path": Flags.string({ description: "directory of the images", helpValue: "DIR", default: "checkpoint" }),
  "work-path": Flags.string({ description: "directory for logs and statistics", helpValue: "DIR" }),
  "tcp-established": Flags.boolean({ description: "take open TCP connections along" }),
  "ext-unix-sk": Flags.boolean({ description: "allow unix sockets to outside" }),
  "shell-job": Flags.boolean({ description: "allow a process on the caller's terminal" }),
  "file-locks": Flags.boolean({ description: "take file locks along" }),
  "manage-cgroups-mode": Flags.string({ description: "soft, full, strict or ignore", helpValue: "MODE" }),
  "empty-ns": Flags.string({
    description: "namespaces to leave empty: network always is",
    multiple: true,
    multipleNonGreedy: true,
  }),
  "auto-dedup": Flags.boolean({ description: "free images of memory that are not needed again" }),
  "link-remap": Flags.boolean({ description: "allow files that were unlinked to be linked again" }),
  "lazy-pages": Flags.boolean({ hidden: true, description: "refused" }),
};

/** What the flags of checkpoint and restore say. */
export function readCriuFlags(flags: Interfaces.InferredFlags<typeof criuFlags>) {
  return {
    imagePath: flags["image-path"],
    workPath: flags["work-path"],
    tcpEstablished: flags["tcp-established"],
    extUnixSk: flags["ext-unix-sk"],
    shellJob: flags["shell-job"],
    fileLocks: flags["file-locks"],
    autoDedup: flags["auto-dedup"],
    linkRemap: flags["link-remap"],
    manageCgroupsMode: flags["manage-cgroups-mode"],
    emptyNamespaces: flags["empty-ns"],
    lazyPages: flags["lazy-pages"],
  };
}
