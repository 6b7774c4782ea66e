// What a file system is made with: CRIU takes it from the images.
import type { ImageMount } from "../read/index.ts";
import type { ExpectedPoint } from "./expected.ts";

type Options = ReadonlyMap<string, string>;

function read(options: readonly string[]): Options {
  return new Map(
    options
      .filter((option) => option !== "")
      .map((option) => {
        const [name = "", ...value] = option.split("=");
        return [name, value.join("=")];
      }),
  );
}

/** The kernel's words for the numbers of proc(5). */
const hidden: Readonly<Partial<Record<string, string>>> = {
  "0": "off",
  "1": "noaccess",
  "2": "invisible",
  "4": "ptraceable",
};
const hides = ["hidepid", "subset", "gid"] as const;

function checkProc(have: Options, want: Options): boolean {
  const word = (value: string | undefined): string | undefined =>
    value === undefined || hidden[value] === "off" || value === "off" ? undefined : (hidden[value] ?? value);
  return hides.every((name) => word(have.get(name)) === word(want.get(name)));
}

const units: Readonly<Partial<Record<string, number>>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const page = 65_536;

/** A size in bytes, or a count; undefined for a part of the memory. */
function sizeOf(value: string | undefined): number | undefined {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)$/i.exec(value ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits) * (units[unit.toLowerCase()] ?? 1);
}

/** A size is rounded up to pages. */
function checkTmpfs(have: Options, want: Options): boolean {
  return ["size", "nr_inodes", "nr_blocks"].every((name) => {
    const limit = sizeOf(want.get(name));
    const own = sizeOf(have.get(name));
    return limit === undefined || limit === 0 || (own !== undefined && own > 0 && own < limit + page);
  });
}

/** What changes nothing about which hierarchy it is, and what may be done there. `release_agent` is a program of the host. */
const harmless: ReadonlySet<string> = new Set(["xattr", "clone_children", "cpuset_v2_mode", "none"]);

/** A hierarchy is its controllers and its name. */
function checkCgroup(have: Options, want: Options): boolean {
  const told = (options: Options): string =>
    [...options]
      .filter(([name]) => !harmless.has(name))
      .map((entry) => entry.join("="))
      .toSorted()
      .join();
  return told(have) === told(want);
}

/** Whether the file system of a mount is no more than the one of the config. */
export function checkOptions({ options }: ImageMount, { type, options: wanted }: ExpectedPoint): boolean {
  const [have, want] = [read(options.split(",")), read(wanted)];
  if (type === "proc") return checkProc(have, want);
  if (type === "tmpfs") return checkTmpfs(have, want);
  return type === "cgroup" ? checkCgroup(have, want) : true;
}
