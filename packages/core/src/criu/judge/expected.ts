// What a container of the config would be made of: read from the plan that would create it, so that there is one truth.
import { propagation } from "../../plan/index.ts";
import type { Plan, PlanOp } from "../../wire/op.ts";

/** What belongs at a path of the container. */
export interface ExpectedPoint {
  /** The type of its file system; `bind` for something of the host. */
  readonly type: string;
  /** The path of the host that is bound. */
  readonly source?: string | undefined;
  /** What its file system is made with. */
  readonly options: readonly string[];
  /** One terminal of a devpts. */
  readonly isConsole: boolean;
  /** What the host mounts there later, or beneath, is not to be seen. */
  readonly isPrivate: boolean;
  readonly from: string;
}

/** A mount with flags that it must have: ST_* of statvfs(3), of which the low four are MS_* of mount(2) too. */
export interface ExpectedFlags {
  readonly path: string;
  readonly require: number;
  readonly from: string;
}

/** The rights and mounts of a container. */
export interface Expected {
  readonly points: ReadonlyMap<string, ExpectedPoint>;
  readonly flags: readonly ExpectedFlags[];
  readonly masked: readonly ExpectedFlags[];
  readonly readonly: readonly ExpectedFlags[];
  /** Device nodes: `c 1:3`. */
  readonly nodes: ReadonlySet<string>;
  readonly bounding: bigint;
  /** The capabilities that a process can ever use: no program gives more with no_new_privs. */
  readonly rights: bigint;
  readonly noNewPrivileges: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly program: Uint8Array | undefined;
  readonly hardLimits: ReadonlyMap<number, bigint>;
  /** The labels of a process, by LSM_ID_* of linux/lsm.h. */
  readonly labels: ReadonlyMap<number, string>;
}

const consoleTree = "console-tree";
const readonlyFlag = 1;
const typeBits = 0xf000;
const charDevice = 0x2000;
const blockDevice = 0x6000;

type Op<Name extends PlanOp["op"]> = Extract<PlanOp, { readonly op: Name }>;

function opsOf<Name extends PlanOp["op"]>(plan: Plan, name: Name): readonly Op<Name>[] {
  return plan.ops.filter((op): op is Op<Name> => op.op === name);
}

function pointsOf(plan: Plan): ReadonlyMap<string, ExpectedPoint> {
  const paths = new Map(opsOf(plan, "mount-point").map(({ out, path }) => [out, path]));
  const made = new Map(opsOf(plan, "make-fs").map((op) => [op.out, op]));
  const opened = new Map(opsOf(plan, "open-object").map(({ out, path }) => [out, path]));
  const sources = new Map(opsOf(plan, "clone-tree").map(({ out, source }) => [out, opened.get(source)]));
  const hidden = opsOf(plan, "clone-tree").filter(({ propagation: to }) => Number(to) === propagation.private);
  const isPrivate = new Set(hidden.map(({ out }) => out));
  const points = new Map<string, ExpectedPoint>();
  for (const { tree, target, from = "" } of opsOf(plan, "attach")) {
    const path = paths.get(target);
    const fs = made.get(tree);
    const type = tree === consoleTree ? "devpts" : (fs?.type ?? "bind");
    const options = [...(fs?.options ?? [])];
    const isConsole = tree === consoleTree;
    if (path !== undefined)
      points.set(path, { type, isConsole, source: sources.get(tree), options, isPrivate: isPrivate.has(tree), from });
  }
  return points;
}

/** The name of a device node. */
export function nodeName(mode: number, major: number, minor: number): string | undefined {
  const type = mode & typeBits;
  if (type !== charDevice && type !== blockDevice) return undefined;
  return `${type === charDevice ? "c" : "b"} ${major}:${minor}`;
}

function nodesOf(plan: Plan): ReadonlySet<string> {
  const made = opsOf(plan, "make-node").map(({ mode, major, minor }) =>
    nodeName(Number(mode), Number(major), Number(minor)),
  );
  const bound = opsOf(plan, "open-object").map(({ type, major, minor }) =>
    nodeName(Number(type), Number(major), Number(minor)),
  );
  return new Set([...made, ...bound].filter((name) => name !== undefined));
}

function groupsOf(bytes: Uint8Array | undefined): readonly number[] {
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

/** Reads a plan of kind create. */
export function expectedOf(plan: Plan): Expected {
  const ids = opsOf(plan, "set-ids")[0];
  const covered = ({ path, from = "" }: { readonly path: string; readonly from?: string }): ExpectedFlags => ({
    path,
    require: readonlyFlag,
    from,
  });
  const filter = opsOf(plan, "load-seccomp")[0] ?? opsOf(plan, "load-listener")[0];
  const bounding = BigInt(opsOf(plan, "drop-bounding")[0]?.keep ?? 0n);
  const { permitted = 0n, inheritable = 0n } = opsOf(plan, "set-caps")[0] ?? {};
  const noNewPrivileges = opsOf(plan, "set-no-new-privs").length > 0;
  return {
    points: pointsOf(plan),
    flags: opsOf(plan, "expect-mount").map(({ path, require, from = "" }) => ({
      path,
      require: Number(require),
      from,
    })),
    masked: opsOf(plan, "mask").map(covered),
    readonly: opsOf(plan, "readonly-path").map(covered),
    nodes: nodesOf(plan),
    bounding,
    rights: noNewPrivileges ? BigInt(permitted) | BigInt(inheritable) : bounding,
    noNewPrivileges,
    uid: Number(ids?.uid ?? 0),
    gid: Number(ids?.gid ?? 0),
    groups: groupsOf(ids?.groups),
    program: filter?.program,
    hardLimits: new Map(opsOf(plan, "set-rlimit").map(({ resource, hard }) => [Number(resource), BigInt(hard)])),
    labels: new Map(
      opsOf(plan, "set-label")
        .filter(({ phase }) => phase === "drop")
        .map(({ lsm, value, expect }) => [Number(lsm), expect ?? value.replace(/^exec /, "")]),
    ),
  };
}
