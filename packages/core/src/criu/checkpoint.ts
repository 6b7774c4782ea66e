// What is read of the images of a checkpoint.

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
  /** The peer groups that it is of, and that it receives mounts from; 0 for none. */
  readonly shared: number;
  readonly master: number;
  /** The key of an external mount. */
  readonly external: string | undefined;
  /** Something else than CRIU itself would mount it. */
  readonly isForeign: boolean;
}

/** Credentials of a thread (creds_entry). */
export interface ImageCreds {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Every set in one: what the thread has or can get. */
  readonly capabilities: bigint;
  readonly noNewPrivs: boolean;
  readonly lsmProfile: string | undefined;
  readonly seccompMode: number;
  readonly seccompFilter: number | undefined;
}

/** A process of pstree.img. */
export interface ImageTask {
  readonly pid: number;
  /** Namespace ids by type (task_kobj_ids_entry). */
  readonly namespaces: ReadonlyMap<string, number>;
  readonly threads: readonly ImageCreds[];
  /** Hard resource limits, by number. */
  readonly hardLimits: readonly bigint[];
}

/** A user namespace (userns_entry). */
export interface ImageIdmap {
  readonly uids: readonly (readonly number[])[];
  readonly gids: readonly (readonly number[])[];
}

/** What is read of a checkpoint. */
export interface Checkpoint {
  readonly names: readonly string[];
  /** The namespaces of whoever made it: the host's. */
  readonly hostNamespaces: ReadonlyMap<string, number>;
  readonly tasks: readonly ImageTask[];
  readonly mounts: readonly ImageMount[];
  /** The filters of seccomp.img: instructions, and the index of the one that was there before. */
  readonly filters: readonly { readonly program: Uint8Array; readonly previous: number | undefined }[];
  readonly idmaps: readonly ImageIdmap[];
  readArchive(device: number): Uint8Array | undefined;
}
