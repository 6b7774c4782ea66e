// What files the program sees, and which of them it may write.
import { isLandlocked } from "../audit/checks/landlock.ts";
import type { Exposure } from "../exposure/index.ts";
import type { Location, MountView } from "../exposure/mounts.ts";
import { hasAttr, isReadonly } from "../exposure/mounts.ts";
import { attr, landlockFs } from "../plan/index.ts";
import type { Part, Sentence } from "./sentence.ts";
import { listText, say, sayIf, sizeText } from "./sentence.ts";

const isBind = ({ type }: MountView): boolean => type === "bind";
const isOfHost = (mount: MountView): boolean =>
  isBind(mount) && mount.source?.root !== "new" && mount.device === undefined;

/** Of the root the top alone counts: what is mounted in it is said by itself. */
const isFixed = ({ own }: MountView): boolean => (own & attr.readonly) !== 0;

/** A place, with the tree that it is in; the root directory is an input of most plans. */
function placeText(source: Location | undefined): string {
  if (source === undefined || (source.root === "unknown" && source.path === "/")) return "what the launch is given";
  return source.root === "host" ? `${source.path} of the host` : source.path;
}

/** Where Landlock lets files be made and written. */
function writtenPaths({ paths }: NonNullable<Exposure["landlock"]>): readonly string[] {
  const write = landlockFs["write-file"] | landlockFs["make-reg"];
  return paths.filter(({ access }) => (access & write) === write).map(({ where }) => where.path);
}

/** The host's tree, of which Landlock denies what no rule names. */
function sayLandlock({ paths, at }: NonNullable<Exposure["landlock"]>): readonly Sentence[] {
  return [say("root", `it has the host's own tree, of which Landlock leaves it ${paths.length} paths`, "odd", at)];
}

/** What a program may write that has the host's own tree. */
function sayAll(exposure: Exposure): readonly Sentence[] {
  const { landlock, tree } = exposure;
  if (tree.root !== undefined) return [];
  if (landlock === undefined || !isLandlocked(exposure))
    return [say("writes all", "whatever its ids may write of the host", "bad")];
  const paths = writtenPaths(landlock);
  return paths.length === 0 ? [] : [say("writes some", `${listText(paths)} of the host`, "odd", landlock.at)];
}

function sayRoot(exposure: Exposure): readonly Sentence[] {
  const { landlock, tree } = exposure;
  const { root, transition, transitionAt } = tree;
  if (root === undefined && landlock !== undefined && isLandlocked(exposure)) return sayLandlock(landlock);
  if (root === undefined)
    return [
      say(
        "root",
        "it has the host's own tree: nothing changes the root",
        transition === "none" ? "bad" : "odd",
        transitionAt,
      ),
    ];
  const what = isBind(root)
    ? root.source?.root === "host"
      ? `its root is ${root.source.path} of the host`
      : "its root is the root directory of its bundle"
    : "its root is a file system in memory, made for it";
  const how = isFixed(root) ? "read-only" : "writable";
  return [
    say("root", `${what}, ${how}`, isFixed(root) || !isBind(root) ? "good" : "plain", root.at),
    ...sayIf(transition === "chroot", "transition", "the root is changed by chroot(2)", "odd", transitionAt),
  ];
}

function sayBind(mount: MountView): Sentence {
  const words = [
    isReadonly(mount) ? "read-only" : "writable",
    ...(hasAttr(mount, attr.noexec) ? ["nothing in it can be executed"] : []),
    ...(mount.isPeer ? ["mounts spread both ways"] : []),
    ...(mount.idmapped ? ["ids mapped"] : []),
  ];
  const { destination } = mount;
  const tone = mount.isPeer ? "bad" : isReadonly(mount) ? "plain" : "odd";
  const same = mount.source?.path === destination;
  const text = same ? `${destination} is the host's` : `${destination} is ${placeText(mount.source)}`;
  return say(`mount ${destination}`, `${text}, ${words.join(", ")}`, tone, mount.at);
}

/** A bind that shows what the host has at the same place, and no more than that. */
const isPlain = (mount: MountView): boolean =>
  isReadonly(mount) && !mount.isPeer && mount.source?.root === "host" && mount.source.path === mount.destination;

const most = 12;

function sayBinds(binds: readonly MountView[]): readonly Sentence[] {
  const others = binds.filter((mount) => !isPlain(mount));
  // What can be written first: it is what a reader looks for.
  const sorted = [...others.filter((mount) => !isReadonly(mount)), ...others.filter(isReadonly)];
  const shown = sorted.length > most + 1 ? sorted.slice(0, most) : sorted;
  const plain = binds.filter(isPlain);
  const words = listText(plain.map(({ destination }) => destination));
  return [
    ...shown.map(sayBind),
    ...sayIf(shown.length < sorted.length, "mounts", `${sorted.length - shown.length} more binds`),
    ...sayIf(plain.length > 0, "mounts plain", `of the host, read-only: ${words}`, "plain", plain[0]?.at),
  ];
}

/** The size that a file system in memory is limited to. */
function limitOf({ options }: MountView): string {
  const [, size] = options.map((word) => /^size=(.*)$/.exec(word)).find((found) => found !== null) ?? [];
  if (size === undefined) return "";
  const [, digits = "", unit = ""] = /^(\d{1,18})([kmg]?)$/i.exec(size) ?? [];
  const scale = 1024n ** BigInt(" kmg".indexOf(unit.toLowerCase() || " "));
  return digits === "" ? ` (at most ${size})` : ` (at most ${sizeText(BigInt(digits) * scale)})`;
}

/** Nodes that every container has. */
const usualNodes = ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"].map(
  (name) => `/dev/${name}`,
);

function sayDevices({ tree }: Exposure): readonly Sentence[] {
  const bound = tree.mounts.flatMap(({ device, destination, at }) =>
    device === undefined ? [] : [{ path: destination, at }],
  );
  const all = [...tree.nodes, ...bound];
  const odd = all.filter(({ path }) => !usualNodes.includes(path));
  const usual = all.filter(({ path }) => usualNodes.includes(path)).map(({ path }) => path);
  return [
    ...sayIf(
      odd.length > 0,
      "nodes odd",
      `devices of the host: ${listText(odd.map(({ path }) => path))}`,
      "bad",
      odd[0]?.at,
    ),
    ...sayIf(usual.length > 0, "nodes", `usual devices: ${listText(usual)}`, "plain", all[0]?.at),
  ];
}

function sayOwn({ tree }: Exposure): readonly Sentence[] {
  const own = tree.mounts.filter((mount) => !isBind(mount) && mount.destination !== "/" && mount.type !== "tmpfs");
  const at = own[0]?.at ?? {};
  return [
    ...sayIf(
      own.length > 0,
      "own",
      `made for it: ${own.map(({ type, destination }) => `${type} at ${destination}`).join(", ")}`,
      "plain",
      at,
    ),
  ];
}

function sayCovers({ tree: { covers, guarded }, supervised }: Exposure): readonly Sentence[] {
  const hidden = covers.filter(({ kind }) => kind === "mask").map(({ path }) => path);
  const kept = covers.filter(({ kind }) => kind === "readonly").map(({ path }) => path);
  return [
    ...sayIf(hidden.length > 0, "masks", `hidden: ${listText(hidden, 4)}`, "good"),
    ...sayIf(kept.length > 0, "readonly", `read-only: ${listText(kept, 4)}`, "good"),
    ...sayIf(guarded.length > 0, "guards", `kept from change in what it may write: ${listText(guarded, 4)}`, "good"),
    ...sayIf(
      supervised.length > 0,
      "supervised",
      `cannot be made, whether or not they exist: ${listText(supervised, 4)}`,
      "good",
    ),
  ];
}

/** What files the program sees. */
export function explainTree(exposure: Exposure): Part {
  const { tree } = exposure;
  const binds = tree.mounts.filter((mount) => isOfHost(mount) && mount.destination !== "/");
  return {
    title: "Sees",
    sentences: [
      ...sayRoot(exposure),
      ...sayBinds(binds),
      ...sayDevices(exposure),
      ...sayOwn(exposure),
      ...sayCovers(exposure),
    ],
  };
}

/** What of its files the program may write. */
export function explainWrites(exposure: Exposure): Part {
  const { tree } = exposure;
  const writable = tree.mounts.filter((mount) => !(mount.destination === "/" ? isFixed(mount) : isReadonly(mount)));
  const root = writable.find(({ destination }) => destination === "/");
  const memory = writable.filter(({ type, destination }) => type === "tmpfs" && destination !== "/");
  const hosts = writable.filter((mount) => isOfHost(mount) && mount.destination !== "/");
  const kernel = writable.filter(({ type }) => ["proc", "sysfs", "cgroup", "cgroup2"].includes(type));
  const sentences = [
    ...sayAll(exposure),
    ...(root === undefined
      ? []
      : [
          say(
            "writes root",
            isBind(root) ? "its root directory, which stays" : "its root, in memory",
            isBind(root) ? "odd" : "plain",
            root.at,
          ),
        ]),
    ...sayIf(
      hosts.length > 0,
      "writes binds",
      `of the host: ${listText(hosts.map(({ destination }) => destination))}`,
      "odd",
      hosts[0]?.at,
    ),
    ...sayIf(
      memory.length > 0,
      "writes memory",
      `in memory: ${listText(memory.map((mount) => `${mount.destination}${limitOf(mount)}`))}`,
      "plain",
      memory[0]?.at,
    ),
    ...sayIf(
      kernel.length > 0,
      "writes kernel",
      `files of the kernel, as far as its rights reach: ${listText(kernel.map(({ destination }) => destination))}`,
      "plain",
      kernel[0]?.at,
    ),
  ];
  return { title: "May write", sentences: sentences.length > 0 ? sentences : [say("writes none", "nothing", "good")] };
}
