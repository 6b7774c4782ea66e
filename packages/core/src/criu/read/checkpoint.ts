// What is read of the images of a checkpoint.
import type { TarEntry } from "./tar.ts";

/** A mount of mountpoints-*.img (mnt_entry). */
export interface ImageMount {
  /** enum fstype. */
  readonly type: number;
  readonly id: number;
  readonly parent: number;
  readonly device: number;
  /** MS_* of mount(2). */
  readonly flags: number;
  readonly root: string;
  readonly point: string;
  readonly options: string;
  /** The peer groups that it is of, and that it receives mounts from; 0 for none. */
  readonly shared: number;
  readonly master: number;
  /** The key of an external mount. */
  readonly external: string | undefined;
  /** Something else than CRIU itself would mount it. */
  readonly isForeign: boolean;
}

/** Credentials of a thread (creds_entry), and how it is scheduled. */
export interface ImageCreds {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Every other set in one: what the thread has, and what it passes on. */
  readonly capabilities: bigint;
  readonly bounding: bigint;
  readonly noNewPrivs: boolean;
  readonly lsmProfile: string | undefined;
  /** What SELinux labels its new sockets with. */
  readonly socketLabel: string | undefined;
  readonly seccompMode: number;
  readonly seccompFilter: number | undefined;
  readonly nice: number;
  /** SCHED_* of sched(7). */
  readonly policy: number;
  /** Among threads of a real-time policy. */
  readonly priority: number;
}

/** A process of pstree.img. */
export interface ImageTask {
  readonly pid: number;
  /** Namespace ids by type (task_kobj_ids_entry). */
  readonly namespaces: ReadonlyMap<string, number>;
  readonly threads: readonly ImageCreds[];
  /** Hard resource limits, by number. */
  readonly hardLimits: readonly bigint[];
  /** oom_score_adj; 0 where CRIU sets none. */
  readonly oomScore: number;
  /** Whom audit records name (proc_pid_loginuid(5)), as its user namespace has it. */
  readonly loginUid: number;
  /** It has a timer that wakes a machine which sleeps. */
  readonly wakes: boolean;
}

/** A user namespace (userns_entry). */
export interface ImageIdmap {
  readonly uids: readonly (readonly number[])[];
  readonly gids: readonly (readonly number[])[];
}

/** An open file (file_entry). */
export interface ImageFile {
  /** enum fd_types. */
  readonly type: number;
  /** SOCK_* of socket(2), where it is an internet socket. */
  readonly socketType: number;
  /** Where CRIU opens or watches, as a process of the container: what links led to is there. */
  readonly paths: readonly string[];
  /** Where a unix socket has its name, as its program has said it. */
  readonly socket: string | undefined;
  /** It watches a file that has no path, but a handle (open_by_handle_at(2)). */
  readonly isByHandle: boolean;
  /** The protocol of netlink(7) of whose groups it is. */
  readonly listensTo: number | undefined;
  /** SO_MARK of socket(7), where it is an internet socket. */
  readonly mark: number;
  /** SO_PRIORITY of socket(7), where it is an internet socket. */
  readonly priority: number;
  /** The port that it is bound to, where it is an internet socket; 0 for none. */
  readonly port: number;
  /** The users as whom it sends a signal (F_SETOWN of fcntl(2)); none where it sends none. */
  readonly signalsAs: readonly number[];
  /** It is a timer that wakes a machine which sleeps. */
  readonly wakes: boolean;
}

/** A file that is made for the restore, or removed after it, by its path (remap_file_path_entry). */
export interface ImageRemap {
  readonly path: string;
  /** The id of its mount. */
  readonly mount: number;
  /** What is made there, of stat(2); 0 where it is there already. */
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

/** What is read of a checkpoint. */
export interface Checkpoint {
  /** The namespaces of whoever made it: the host's. */
  readonly hostNamespaces: ReadonlyMap<string, number>;
  /** The security module that the labels are of: a number of CRIU. */
  readonly lsm: number;
  readonly tasks: readonly ImageTask[];
  readonly mounts: readonly ImageMount[];
  /** The filters of seccomp.img: instructions, and the index of the one that was there before. */
  readonly filters: readonly { readonly program: Uint8Array; readonly previous: number | undefined }[];
  readonly idmaps: readonly ImageIdmap[];
  readonly files: readonly ImageFile[];
  readonly remaps: readonly ImageRemap[];
  /** The content of each tmpfs, by its device number. */
  readonly archives: ReadonlyMap<number, readonly TarEntry[]>;
}
