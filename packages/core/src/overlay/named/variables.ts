// Variables of a caller: which of them name what programs load or run.
import { foldDotDot, joinPath } from "../../paths.ts";
import type { Setting } from "./git-words.ts";

type Env = Readonly<Record<string, string | undefined>>;

export const ofEnv = "variable ";

/** Whose entries are directories of programs, and of what programs load. */
const places = /^(?:PATH|LD_LIBRARY_PATH|PYTHONPATH|PERL5LIB|PERLLIB|RUBYLIB|NODE_PATH|CLASSPATH|FPATH)$/;

/** Variables that have programs run something: every word of theirs may be a path. */
const running =
  /^(?:GIT_(?!AUTHOR_|COMMITTER_)|BASH_ENV$|ENV$|ZDOTDIR$|NODE_OPTIONS$|LD_|PYTHONSTARTUP$|PERL5OPT$|RUBYOPT$|JAVA_TOOL_OPTIONS$|EDITOR$|VISUAL$|PAGER$|SSH_ASKPASS$)/;

/** Who commits, where somebody is, and how things look. */
const data =
  /^(?:GIT_(?:AUTHOR|COMMITTER)_.*|_|PWD|OLDPWD|INIT_CWD|HOME|TMPDIR|TEMP|TMP|PS\d|LS_COLORS|npm_(?!config_).*|(?:GITHUB|CI|VSCODE)_.*)$/;

/** Of all other variables those words are paths that have a slash: a name of settings, a directory of them. */
const isRunning = (name: string): boolean => places.test(name) || running.test(name);

/** Whether a key is a variable, whose value is one entry of a list of places. */
export const isPlace = (key: string): boolean => key.startsWith(ofEnv) && places.test(key.slice(ofEnv.length));

/** Whether a key is a variable of which nobody knows what it does. */
export const isOther = (key: string): boolean => key.startsWith(ofEnv) && !isRunning(key.slice(ofEnv.length));

/** The variables of a caller as settings: paths in PATH count whether something is there or not. */
export const settingsOfEnv = (env: Env): readonly Setting[] =>
  Object.entries(env).flatMap(([name, value = ""]) => {
    if (data.test(name) || (!isRunning(name) && !value.includes("/"))) return [];
    const isPath = (word: string): boolean => (name === "PATH" ? word.startsWith("/") : word !== "");
    const values = places.test(name) ? value.split(":").filter(isPath) : [value];
    return values.map((one) => ({ origin: "", key: `${ofEnv}${name}`, value: one }));
  });

/** Entries of PATH that count from the working directory: the empty one is that directory. The loader of programs has such too. */
export const relativeOf = ({ PATH: path, LD_LIBRARY_PATH: libraries }: Env): readonly string[] =>
  [path, libraries === "" ? undefined : libraries].flatMap((list) =>
    (list?.split(":") ?? []).flatMap((word) =>
      word.startsWith("/") ? [] : [foldDotDot(joinPath("/", word)).slice(1)],
    ),
  );
