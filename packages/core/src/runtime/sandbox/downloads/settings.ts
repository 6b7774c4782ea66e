// What of the caller's settings of tools that download a sandbox has: where from, and by which certificates. They come as files of
// the sandbox's own, so that a project's own settings count as on the host.
import { home as ownHome, systemDirs, systemFiles } from "../../../defaults/sandbox/places.ts";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../../defaults/sandbox/rules.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { Glance } from "../kept/glance.ts";
import { findPath, wayTo } from "../real-path.ts";
import { npmSettings, secretAt } from "../secrets.ts";
import { linkOut } from "../seen.ts";
import { isOpen } from "./open.ts";
import type { Downloader, Kind } from "./table.ts";
import { downloaders, kinds } from "./table.ts";

const fileLimit = 1 << 20;

interface Line {
  /** The header that it is behind, and which of those. */
  readonly section: string;
  readonly group: string;
  readonly name: string;
  readonly quote: string;
  readonly value: string;
}

/** A setting begins its line: what is further in belongs to something else, in YAML and in pip's files. */
const shapes = {
  "=": /^(["']?)([\w.@:/-]+)\1\s*=\s*(.*)$/,
  ": ": /^(["']?)(\w+)\1:\s+(.*)$/,
  " ": /^(["']?)([\w@:/-]+)\1\s+(.*)$/,
} as const;

const bare = (text: string): string => text.replaceAll(/["']/g, "");

/** The lines of a text that say something in one line. Each `[[section]]` is a group of its own. */
function linesOf(file: string, text: string, { between }: Downloader): readonly Line[] {
  let [section, group] = ["", ""];
  return text.split(/\r?\n/).flatMap((line, at): readonly Line[] => {
    if (line.startsWith("[")) {
      section = /^\[\[?[\w.@/"'-]+\]\]?/.exec(line)?.[0] ?? "?";
      group = section.startsWith("[[") ? `${file}:${at}` : section;
      return [];
    }
    const [, mark = "", name, rest = ""] = shapes[between].exec(line) ?? [];
    if (name === undefined) return [];
    const [, quote = "", quoted] = /^(["'])([^"'\\]*)\1\s*(?:[#;].*)?$/.exec(rest) ?? [];
    return [
      { section, group, name: `${mark}${name}${mark}`, quote, value: quoted ?? rest.replace(/\s+[#;].*$/, "").trim() },
    ];
  });
}

/** What a setting must be; undefined for one that stays outside. */
function kindOf({ settings }: Downloader, { section, name }: Line): Kind | undefined {
  const own = bare([section.replaceAll(/[[\]]/g, ""), name].filter(Boolean).join("."));
  const fits = (word: string): boolean => {
    const [before = "", behind] = word.split("*");
    if (behind === undefined) return own === word;
    return own.startsWith(before) && own.endsWith(behind) && own.length > before.length + behind.length;
  };
  return kinds.find((kind) => settings[kind]?.split(/\s+/).some(fits));
}

/** What is known of the caller's files. */
interface Ground {
  readonly homes: readonly string[];
  readonly mayBe: Glance;
  readonly places: readonly string[];
}

/** What a file of certificates and of nothing else has. */
const isOfCertificates = (text: string): boolean => {
  const labels = [...text.matchAll(/-----BEGIN ([^\n]*?)-----/g)];
  return labels.length > 0 && labels.every(([, label = ""]) => /^(?:TRUSTED |X509 )?CERTIFICATE$/.test(label));
};

/** A rule for a file of certificates; null where it is seen anyway, undefined for what is another file, or a secret. */
function certificates(
  system: System,
  { places }: Ground,
  shown: readonly PathRule[],
  path: string,
): PathRule | null | undefined {
  const source = findPath(system, path);
  if (source?.kind !== "file" || linkOut(system, wayTo(system, path)) !== undefined) return undefined;
  const isOfSystem = [...systemDirs, ...systemFiles].some((dir) => isBeneath(path, dir));
  if (isOfSystem || ruleFor(shown, path) !== undefined) return null;
  if ([path, source.path].some((one) => secretAt(places, one) !== undefined || isBeneath(one, "/proc")))
    return undefined;
  const text = optional(() => system.readText(source.path, fileLimit));
  if (text === undefined || !isOfCertificates(text)) return undefined;
  return { path, access: "read", source: source.path, from: "certificates of a tool" };
}

/** The files of a tool that there may be. */
function filesOf(system: System, tool: Downloader, { homes, mayBe }: Ground): readonly string[] {
  const { env } = system.caller;
  const within = (path: string): string => (path.startsWith("~/") ? joinPath(homes[0] ?? "/", path.slice(2)) : path);
  const named = (tool.variables ?? []).flatMap((name) => (env[name]?.startsWith("/") ? [env[name]] : []));
  const all = tool.file === ".npmrc" ? npmSettings(system).toReversed() : [];
  const own = named.length > 0 ? named : [within(`~/${tool.file}`)];
  return [...(tool.before ?? []).map(within), ...all, ...own].filter(mayBe);
}

/** Files of a sandbox's home directory, and what is shown for them. */
export interface Downloads {
  readonly files: Readonly<Record<string, string>>;
  readonly rules: readonly PathRule[];
}

/** One of a name, the last, in their sections. */
function printLines(lines: readonly Line[], { between }: Downloader): string {
  const found = new Map<string, Map<string, string>>([["", new Map()]]);
  for (const { section, group, name, quote, value } of lines) {
    const own = found.get(group) ?? new Map(section === "" ? [] : [["", `${section}\n`]]);
    found.set(group, own.set(name, `${name}${between}${quote}${value}${quote}\n`));
  }
  return [...found.values()].flatMap((own) => [...own.values()]).join("");
}

/** Finds the settings. `shown`: what is seen without them. */
export function downloadSettings(system: System, ground: Ground, shown: readonly PathRule[]): Downloads {
  const rules = new Map<string, PathRule>();
  const home = ground.homes[0] ?? "/";
  /** A setting as the sandbox has it; undefined for one that it has not. */
  const taken = (kind: Kind, line: Line): Line | undefined => {
    if (!isOpen[kind](line.value)) return undefined;
    if (kind !== "certificates") return line;
    const value = joinPath("/", line.value.replace(/^~/, home));
    const rule = certificates(system, ground, shown, value);
    if (rule !== undefined && rule !== null) rules.set(value, rule);
    return rule === undefined ? undefined : { ...line, value };
  };
  const settings = downloaders.map((tool) => {
    const read = (file: string): string => optional(() => system.readText(file, fileLimit)) ?? "";
    const lines = filesOf(system, tool, ground).flatMap((file) => linesOf(file, read(file), tool));
    const said = lines.map((line) => {
      const kind = kindOf(tool, line);
      return { kind, line: kind && taken(kind, line) };
    });
    // With some of its addresses alone, a tool would ask one server for what another has.
    const hasAll = said.every(({ kind, line }) => kind !== "urls" || line !== undefined);
    const given = said.filter(({ kind }) => hasAll || !(kind === "urls" || kind === "beside"));
    const text = printLines(
      given.flatMap(({ line }) => line ?? []),
      tool,
    );
    return [joinPath(ownHome, tool.file), text] as const;
  });
  return { files: Object.fromEntries(settings.filter(([, text]) => text !== "")), rules: [...rules.values()] };
}
