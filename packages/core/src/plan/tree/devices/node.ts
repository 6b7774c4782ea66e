/** A node that the container gets. */
export interface DeviceNode {
  readonly path: string;
  readonly type: "c" | "b" | "p";
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** One that every container has. */
  readonly isDefault: boolean;
  /** Absent for a default one that the config does not name. */
  readonly from?: string;
}

/** S_IFMT bits. */
export const nodeTypes = { c: 0o020000, b: 0o060000, p: 0o010000 } as const;
