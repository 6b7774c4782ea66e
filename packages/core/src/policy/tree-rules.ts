// Rules about what of the host is in the container.
import type { Policy } from "@coffer/spec";
import { isEmptyType } from "../exposure/clones.ts";
import type { Exposure } from "../exposure/index.ts";
import type { DeviceNumber, MountView } from "../exposure/mounts.ts";
import { hasAttr, isReadonly } from "../exposure/mounts.ts";
import { attr } from "../plan/index.ts";
import { fitsPath } from "./patterns.ts";
import type { Rule } from "./rule.ts";
import { violation, violationIf } from "./rule.ts";

type Of<K extends keyof Policy> = NonNullable<Policy[K]>;
type Bind = NonNullable<Of<"mounts">["binds"]>[number];

/** The devices that every container has: major and minor. */
const usual: ReadonlySet<string> = new Set(["1:3", "1:5", "1:7", "1:8", "1:9", "5:0"]);

const missingOf = (mount: MountView, bind: Bind): readonly string[] => [
  ...(bind.readonly && (!isReadonly(mount) || mount.written) ? ["rro"] : []),
  ...(bind.nosuid && !hasAttr(mount, attr.nosuid) ? ["rnosuid"] : []),
  ...(bind.nodev && !hasAttr(mount, attr.nodev) ? ["rnodev"] : []),
  ...(bind.noexec && !hasAttr(mount, attr.noexec) ? ["rnoexec"] : []),
];

/** Binds besides the root, devices and terminals, each of which has its own rule or needs none. */
function bindsOf({ tree }: Exposure): readonly MountView[] {
  return tree.mounts.filter((mount) => mount.type === "bind" && mount !== tree.root && mount.device === undefined);
}

/** File systems that show something of the host besides binds: the layers of an overlay, a disk, a share. */
function othersOf({ tree }: Exposure): readonly MountView[] {
  return tree.mounts.filter(
    ({ type, isLayered = false }) => type !== "bind" && type !== "terminal" && !isLayered && !isEmptyType(type),
  );
}

function checkBind(mount: MountView, binds: readonly Bind[]) {
  const { source, destination, at } = mount;
  const rule = "/mounts/binds";
  if (source?.root !== "host") return [violation(rule, at, `what is bound on ${destination} is not in the plan`)];
  const fitting = binds.filter((bind) => fitsPath(bind.source, source.path));
  if (fitting.length === 0) return [violation(rule, at, `${source.path} may not be bound (on ${destination})`)];
  const missing = fitting.map((bind) => missingOf(mount, bind)).toSorted((a, b) => a.length - b.length)[0] ?? [];
  return violationIf(
    missing.length > 0,
    rule,
    at,
    `the bind of ${source.path} on ${destination} must be ${missing.join(", ")}`,
  );
}

export const mounts: Rule<Of<"mounts">> = ({ types, binds, links = false }, exposure) => [
  ...exposure.tree.mounts
    .filter(({ type }) => type !== "bind" && type !== "terminal")
    .flatMap(({ type, destination, at }) =>
      violationIf(
        types !== undefined && !types.includes(type),
        "/mounts/types",
        at,
        `a file system of type ${type} is not allowed (on ${destination})`,
      ),
    ),
  ...(binds === undefined ? [] : bindsOf(exposure).flatMap((mount) => checkBind(mount, binds))),
  ...(binds === undefined ? [] : othersOf(exposure)).map(({ type, destination, at }) =>
    violation(
      "/mounts/binds",
      at,
      `what a file system of type ${type} shows of the host cannot be told (on ${destination})`,
    ),
  ),
  ...bindsOf(exposure).flatMap(({ followsLinks, source, at }) =>
    violationIf(
      followsLinks && !links,
      "/mounts/links",
      at,
      `symbolic links in ${source?.path ?? "the source"} are followed`,
    ),
  ),
];

export const lockedMounts: Rule<Of<"lockedMounts">> = (_value, { changesMounts, rights }) =>
  violationIf(
    changesMounts,
    "/lockedMounts",
    rights.capsAt,
    "the process has CAP_SYS_ADMIN, or can get it, and its mounts are not locked",
  );

/** Why the root is not from one of some directories. */
function wrongSource({ source, type }: MountView, sources: readonly string[]): string | undefined {
  if (type !== "bind") return isEmptyType(type) ? undefined : `what an ${type} shows as the root cannot be told`;
  if (source?.root !== "host") return "where the root comes from is not known";
  if (!sources.some((one) => fitsPath(one, source.path))) return `${source.path} may not be the root`;
  return source.followsLinks ? `symbolic links in ${source.path} may be followed` : undefined;
}

export const root: Rule<Of<"root">> = ({ readonly, sources }, { kind, namespaces, tree }) => {
  const at = { from: "/root/path" };
  const isOwn = namespaces.mount.whose === "own" && tree.transition === "pivot";
  if (kind === "join" && namespaces.mount.whose === "container") return [];
  if (tree.root === undefined || !isOwn) return [violation("/root", at, "the root is no mount of the container's own")];
  const isReadonlyRoot = (tree.root.own & attr.readonly) !== 0;
  const wrong = sources === undefined ? undefined : wrongSource(tree.root, sources);
  return [
    ...violationIf(
      readonly === "required" && !isReadonlyRoot,
      "/root/readonly",
      { from: "/root/readonly" },
      "the root can be written",
    ),
    ...violationIf(wrong !== undefined, "/root/sources", at, wrong ?? ""),
  ];
};

export const devices: Rule<Of<"devices">> = ({ allowed }, { tree }) => {
  const bound = tree.mounts.flatMap(({ device, destination, at }) =>
    device === undefined ? [] : [{ ...device, path: destination, at }],
  );
  const isAllowed = ({ type, major, minor }: DeviceNumber): boolean =>
    (type === "c" && usual.has(`${major}:${minor}`)) ||
    allowed.some((one) => one.type === type && one.major === major && (one.minor ?? minor) === minor);
  return [...tree.nodes, ...bound].flatMap((device) =>
    violationIf(
      !isAllowed(device),
      "/devices/allowed",
      device.at,
      `the device ${device.type} ${device.major}:${device.minor} is not allowed (on ${device.path})`,
    ),
  );
};
