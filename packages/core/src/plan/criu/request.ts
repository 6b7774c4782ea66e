// Requests to CRIU's service, as its `images/rpc.proto` has them: the planner marshals, the helper only carries.
import { pushText } from "../../wire/utf8.ts";

/** A field of a protobuf message: its number and value. A list is a repeated field, an object a message in it. */
export type ProtoField = readonly [number, ProtoValue | readonly ProtoValue[] | undefined];
type ProtoValue = number | boolean | string | Message;
interface Message {
  readonly fields: readonly ProtoField[];
}

const varint = 0;
const delimited = 2;

function pushVarint(to: number[], value: number): void {
  // A negative int32 is ten bytes long: the two's complement of 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) to.push(Number(rest & 0x7fn) | 0x80);
  to.push(Number(rest));
}

function pushBytes(to: number[], number: number, bytes: readonly number[]): void {
  pushVarint(to, number * 8 + delimited);
  pushVarint(to, bytes.length);
  for (const byte of bytes) to.push(byte);
}

function pushValue(to: number[], number: number, value: ProtoValue): void {
  if (typeof value === "number" || typeof value === "boolean") {
    pushVarint(to, number * 8 + varint);
    pushVarint(to, Number(value));
  } else if (typeof value === "string") {
    const bytes: number[] = [];
    pushText(bytes, value);
    pushBytes(to, number, bytes);
  } else pushBytes(to, number, encodeFields(value.fields));
}

function encodeFields(fields: readonly ProtoField[]): readonly number[] {
  const bytes: number[] = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    const values = isList(value) ? value : [value];
    for (const one of values) pushValue(bytes, number, one);
  }
  return bytes;
}

function isList(value: ProtoValue | readonly ProtoValue[]): value is readonly ProtoValue[] {
  return Array.isArray(value);
}

/** criu_req_type. */
const requestTypes = { dump: 1, restore: 2, preDump: 4, notify: 6 } as const;

/** criu_cg_mode. */
export const cgroupModes = { ignore: 0, soft: 3, full: 4, strict: 5 } as const;

export type CgroupMode = keyof typeof cgroupModes;

/** Descriptors that CRIU is given under fixed numbers, beside 3, its socket and in the launcher its working directory. */
export const criuFds = { work: 3, images: 4, stdout: 5, stderr: 6, firstNamespace: 8 } as const;

/** What dump and restore have in common: flags of runc. */
export interface CriuFlags {
  readonly tcpEstablished?: boolean | undefined;
  readonly extUnixSk?: boolean | undefined;
  readonly shellJob?: boolean | undefined;
  readonly fileLocks?: boolean | undefined;
  readonly autoDedup?: boolean | undefined;
  readonly linkRemap?: boolean | undefined;
  /** The memory comes later, from `criu lazy-pages`, whose socket is in the work directory. */
  readonly lazyPages?: boolean | undefined;
  /** CRIU's own configuration, a path of the host: what it says counts more than the flags. */
  readonly configFile?: string | undefined;
}

/** What only a dump has. */
export interface DumpRequest extends CriuFlags {
  readonly pid: number;
  readonly leaveRunning: boolean;
  readonly preDump: boolean;
  readonly hasWork: boolean;
  readonly cgroupMode: CgroupMode;
  /** The freezer cgroup of the container, a path. */
  readonly freezer?: string | undefined;
  /** The images of an earlier pre-dump, relative to the images. */
  readonly parent?: string | undefined;
  readonly skipInFlight?: boolean | undefined;
  readonly external: readonly string[];
}

/** What only a restore has. */
export interface RestoreRequest extends CriuFlags {
  readonly root: string;
  readonly hasWork: boolean;
  readonly external: readonly string[];
  /** What of the images is replaced by a descriptor. */
  readonly inherit: readonly { readonly key: string; readonly fd: number }[];
  /** Namespaces that are there already: type and path. */
  readonly join: readonly { readonly type: string; readonly path: string }[];
  readonly lsmProfile?: string | undefined;
  readonly lsmMountContext?: string | undefined;
}

const cloneNewNet = 0x40000000;
const logLevel = 4;

/** criu_opts, by field number. A network namespace is made empty, as in runc: whoever made the container fills it. */
function commonFields(flags: CriuFlags, hasWork: boolean): readonly ProtoField[] {
  return [
    [1, -1],
    [4, flags.extUnixSk],
    [5, flags.tcpEstablished],
    [7, flags.shellJob],
    [8, flags.fileLocks],
    [9, logLevel],
    // Standard output, which is a file that the caller has made: CRIU itself opens none.
    [10, "-"],
    [16, flags.autoDedup],
    [17, hasWork ? criuFds.work : undefined],
    [18, flags.linkRemap],
    [24, true],
    [38, cloneNewNet],
    [50, true],
    [51, flags.configFile],
    [68, `/proc/self/fd/${criuFds.images}`],
  ];
}

function request(type: number, options: readonly ProtoField[]): Uint8Array {
  return new Uint8Array(
    encodeFields([
      [1, type],
      [2, { fields: options }],
    ]),
  );
}

/** A request to write the images of a process and its children. */
export function dumpRequest(dump: DumpRequest): Uint8Array {
  return request(dump.preDump ? requestTypes.preDump : requestTypes.dump, [
    ...commonFields(dump, dump.hasWork),
    [2, dump.pid],
    [3, dump.leaveRunning],
    [14, dump.parent],
    [15, dump.preDump || dump.parent !== undefined ? true : undefined],
    [34, cgroupModes[dump.cgroupMode]],
    [37, dump.external],
    [44, dump.freezer],
    [46, dump.skipInFlight],
  ]);
}

/** A request to make the processes of the images, as children of the launcher's. */
export function restoreRequest(restore: RestoreRequest): Uint8Array {
  return request(requestTypes.restore, [
    ...commonFields(restore, restore.hasWork),
    [6, true],
    [12, true],
    [13, restore.root],
    [26, true],
    [
      27,
      restore.inherit.map(({ key, fd }) => ({
        fields: [
          [1, key],
          [2, fd],
        ],
      })),
    ],
    // What the images say of cgroups is not obeyed: CRIU is in the container's own, and so is what it makes.
    [34, cgroupModes.ignore],
    [37, restore.external],
    [
      39,
      restore.join.map(({ type, path }) => ({
        fields: [
          [1, type],
          [2, path],
        ],
      })),
    ],
    [48, restore.lazyPages],
    [53, restore.lsmProfile],
    [63, restore.lsmMountContext],
  ]);
}

/** Says yes to a notification. */
export const yesRequest: Uint8Array = new Uint8Array(
  encodeFields([
    [1, requestTypes.notify],
    [3, true],
  ]),
);
