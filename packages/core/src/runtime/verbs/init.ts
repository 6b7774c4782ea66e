// The verb `init`: writes a project's file of settings by looking at what the project is made with.
import { escapeControl, parseJsonc } from "@coffer/spec";
import type { ForeignNote, FormName, Translated } from "../../defaults/index.ts";
import { recogniseForm, translate } from "../../defaults/index.ts";
import { CofferError, quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { readDocument } from "../launch/errors/spec-error.ts";
import type { Runtime } from "../runtime.ts";
import { proposeAccept } from "../sandbox/accept/accept.ts";
import type { BuiltInName } from "../sandbox/profile/built-in.ts";
import { projectNames } from "../sandbox/profile/find.ts";
import { leadsTo } from "../sandbox/real-path.ts";
import { homesOf } from "../sandbox/secrets.ts";

/** Files of projects, and the profile for the tools that read them. */
const signs: readonly (readonly [file: string, profile: BuiltInName])[] = [
  ["package.json", "node"],
  ["pyproject.toml", "python"],
  ["requirements.txt", "python"],
  ["setup.py", "python"],
  ["Cargo.toml", "rust"],
  ["go.mod", "go"],
  ["pom.xml", "java"],
  ["build.gradle", "java"],
  ["build.gradle.kts", "java"],
  ["settings.gradle", "java"],
  ["settings.gradle.kts", "java"],
];

const isFile = ({ stat }: System, path: string): boolean => optional(() => stat(path).kind) === "file";

function textOf(found: readonly (readonly [file: string, profile: BuiltInName])[]): string {
  const names = [...new Set(found.map(([, profile]) => profile))];
  const because = found.map(([file]) => file).join(", ");
  return [
    "// What `coffer sandbox` gives the commands of this project. `coffer sandbox --help` names the manual.",
    "{",
    ...(names.length === 0 ? [] : [`  "extends": ${JSON.stringify(names)}, // ${because}`]),
    '  "writable": true, // commands may write here; hooks and settings that the host runs stay as they are',
    '  // "read": ["../shared"],',
    '  // "cache": ["npm"],',
    '  // "network": { "allow": ["example.org:443"] },',
    '  "limits": { "pids": 4096 }',
    "}",
    "",
  ].join("\n");
}

/** Whose settings a file may be. */
export const formNames = ["claude", "fence", "nono", "srt"] as const satisfies readonly FormName[];

/** Options of `init`. */
export interface InitOptions {
  /** The settings of another sandbox. */
  readonly from?: string | undefined;
  /** Whose settings these are. Default: what their fields say. */
  readonly as?: FormName | undefined;
}

/** Settings that are longer are an error. */
const mostSettings = 1_000_000;

function readText(system: System, path: string): string {
  try {
    return system.readNamedText(path, mostSettings);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    throw new CofferError("E_IO", `cannot read ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`, details);
  }
}

function readForeign({ system }: Runtime, from: string, as: FormName | undefined, dir: string): Translated {
  const path = toAbsolute(system, from);
  const text = readText(system, path);
  const settings = readDocument(`settings ${path}`, () => parseJsonc(text));
  const form = as ?? recogniseForm(settings);
  if (form !== undefined) {
    const real = (at: string): string => leadsTo(system, at);
    return translate(settings, form, { dir, home: homesOf(system)[0], real });
  }
  const hint = `say whose they are: --as ${formNames.join(", --as ")}`;
  throw new CofferError(
    "E_USAGE",
    `${quote(path)} has no field of a sandbox that is known`,
    { argument: "from" },
    { hint },
  );
}

/** Leaves away what cannot be named yet: a profile with a path that is missing is an error. */
function withoutMissing({ system }: Runtime, translated: Translated, dir: string): Translated {
  const { profile, notes, readonly } = translated;
  const [home = "/"] = homesOf(system);
  const isThere = (word: string): boolean => {
    const path = word.startsWith("~") ? `${home}${word.slice(1)}` : toAbsolute({ caller: { cwd: dir } }, word);
    return optional(() => system.stat(path)) !== undefined;
  };
  const lists = (["read", "write"] as const).map((field) => {
    const words = profile[field] ?? [];
    return { field, there: words.filter(isThere), missing: words.filter((word) => !isThere(word)) };
  });
  const kept = lists.flatMap(({ field, there }) => (there.length === 0 ? [] : [[field, there] as const]));
  const { read: _read, write: _write, ...rest } = profile;
  return {
    readonly,
    profile: { ...rest, ...Object.fromEntries(kept) },
    notes: [
      ...notes,
      ...lists.flatMap(({ field, missing }) =>
        missing.map((word) => ({
          field,
          word,
          message: "left away: there is no such file",
          restricts: field === "read" && readonly.includes(word),
        })),
      ),
    ],
  };
}

/** A note as a line: what is lost comes first. */
function printNote({ field, word, message, restricts }: ForeignNote): string {
  const about = word === undefined ? field : `${field} ${quote(word)}`;
  return escapeControl(`${restricts ? "not forbidden here: " : ""}${about}: ${message}`);
}

function printForeign(
  { profile, notes }: Translated,
  from: string,
): { readonly text: string; readonly report: string[] } {
  const lost = notes.filter(({ restricts }) => restricts);
  const others = notes.filter(({ restricts }) => !restricts);
  return {
    text: `// Made of ${JSON.stringify(from)} by \`coffer init\`.\n${JSON.stringify(profile, null, 2)}\n`,
    report: [...lost, ...others].map(printNote),
  };
}

/** What the file has, and what is said of it. */
function makeText(runtime: Runtime, { from, as }: InitOptions, dir: string) {
  if (from !== undefined) {
    const translated = withoutMissing(runtime, readForeign(runtime, from, as, dir), dir);
    return printForeign(translated, from);
  }
  if (as !== undefined) throw new CofferError("E_USAGE", "--as is about the file of --from", { argument: "as" });
  const found = signs.filter(([file]) => isFile(runtime.system, joinPath(dir, file)));
  return { text: textOf(found), report: [] };
}

/**
 * Writes `coffer.jsonc` for the project in the working directory. Gives lines about it.
 *
 * @throws {CofferError} E_USAGE if there is a file of settings, E_IO
 */
export function initProject(runtime: Runtime, options: InitOptions = {}): string {
  const { system } = runtime;
  const dir = toAbsolute(system, ".");
  const old = projectNames
    .map((name) => joinPath(dir, name))
    .find((path) => optional(() => system.stat(path, { follow: false })) !== undefined);
  if (old !== undefined)
    throw new CofferError("E_USAGE", `${quote(old)} is there already`, {}, { hint: "change that file" });
  const { text, report } = makeText(runtime, options, dir);
  const path = joinPath(dir, "coffer.jsonc");
  try {
    system.writeFile(path, text, { mode: 0o644, exclusive: true });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const why = error.reason ?? describeErrno(error.errno);
    throw new CofferError(
      "E_IO",
      `cannot write ${quote(path)}: ${why}`,
      { path, errnoName: error.errno },
      { cause: error },
    );
  }
  const wrote = [`wrote ${escapeControl(path)}`, ...report];
  // What others have written is for the caller to look at.
  if (options.from !== undefined)
    return [...wrote, "until you accept the file, `coffer sandbox` can fail here: coffer accept"].join("\n");
  return [...wrote, ...acceptOwn(runtime, path, text)].join("\n");
}

/** Accepts a file that the caller has asked for: what was written, and nothing that somebody has made of it since. */
function acceptOwn(runtime: Runtime, path: string, text: string): readonly string[] {
  try {
    const { lines, accept } = proposeAccept(runtime, path, text);
    accept();
    return [...lines, "accepted until the file changes; `coffer accept --revoke` takes it back"];
  } catch (error) {
    if (!CofferError.is(error)) throw error;
    return [`not accepted: ${escapeControl(error.message)}`];
  }
}
