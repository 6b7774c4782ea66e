// What a sandbox leaves in a tree for the next call there: every flag that names a file, and what may be at that name.

/** A call that names something in the tree: `NAME` stands for the name. */
export type Call = {
  /** The flag, as the verb table has it. */
  readonly flag: string;
  readonly words: readonly string[];
};

/** A program that looks at all that the flag may have shown, and writes there. No FIFO keeps it waiting. */
const looks =
  'for f in "$0" "$0/file" /data /data/file; do [ -f "$f" ] && head -c 1000 "$f"; [ -f "$f" ] && echo EVIL >> "$f"; done; for d in "$0" /data; do [ -d "$d" ] && echo EVIL > "$d/evil"; done; true';
const looking = ["--", "sh", "-c", `exec 2>/dev/null; ${looks}`, "NAME"];
const nothing = ["--", "true"];
const sandbox = ["sandbox", "--tools", "none"];

/** A flag of a sandbox that can write the tree, and looks. */
const shown = (flag: string, ...words: readonly string[]): Call => ({
  flag,
  words: [...sandbox, "--rw", ...words, ...looking],
});

export const calls: readonly Call[] = [
  shown("--read", "--read", "NAME"),
  shown("--write", "--write", "NAME"),
  shown("--bind", "--bind", "NAME:/data:rw"),
  shown("--deny", "--deny", "NAME"),
  shown("--tmp", "--tmp", "NAME"),
  shown("--size", "--tmp", "NAME", "--size", "NAME=1m"),
  shown("--socket", "--socket", "./NAME"),
  shown("--cwd", "--cwd", "NAME"),
  { flag: "--overlay", words: [...sandbox, "--overlay", "--cwd", "NAME", ...looking] },
  { flag: "--rw", words: [...sandbox, "--rw", ...looking] },
  { flag: "--fence", words: [...sandbox, "--rw", "--fence", ...looking] },
  shown("--profile", "--profile", "./NAME"),
  shown("--policy", "--policy", "NAME"),
  { flag: "--json-log", words: [...sandbox, "--rw", "--json-log", "NAME", ...nothing] },
  { flag: "--trace", words: [...sandbox, "--rw", "--trace=NAME", ...nothing] },
  { flag: "--learn", words: [...sandbox, "--rw", "--learn", "NAME", ...nothing] },
  { flag: "--html", words: [...sandbox, "--show", "explain", "--html", "NAME", ...nothing] },
  { flag: "--raw", words: ["plan", "--raw", "NAME", "sandbox", "--tools", "none", ...nothing] },
];

/** Flags of `sandbox` whose value reads like a path, and for which a name in the tree is nothing else. */
export const likeOthers: Readonly<Record<string, string>> = {
  "--field": "a field of the config",
};

/** What an earlier sandbox leaves: `AT` stands for the name, and `VAULT` for a directory that only the caller may reach. */
export type Trap = {
  readonly what: string;
  readonly script: string;
  /** The name, where it is not `odd`. */
  readonly name?: string;
};

const trap = (what: string, script: string, name?: string): Trap => ({ what, script, ...(name && { name }) });

export const traps: readonly Trap[] = [
  trap("a link to a file of the caller", "ln -s VAULT/file AT"),
  trap("a link to a directory of the caller", "ln -s VAULT AT"),
  trap("a link to a new name", "ln -s VAULT/new AT"),
  trap("a link in place of the parent", "ln -s VAULT up", "up/file"),
  trap("a link in place of the parent of a directory", "ln -s VAULT up", "up/inner"),
  trap("a link in place of the parent of nothing", "ln -s VAULT up", "up/new"),
  trap("a link through a link", "ln -s VAULT far; ln -s far up", "up/file"),
  trap("a link to a descriptor", "ln -s /proc/self/fd/0 AT"),
  trap("a link to the memory of whoever opens it", "ln -s /proc/self/mem AT"),
  trap("a link to itself", "ln -s AT AT"),
  trap("a link to a device", "ln -s /dev/zero AT"),
  trap("a FIFO", "mkfifo AT"),
  trap("a directory", "mkdir AT"),
  trap("a directory that nobody may enter", "mkdir AT; chmod 0 AT"),
  trap("a directory of 200 files of variables", 'mkdir AT; for i in $(seq 200); do : > "AT/.env.$i"; done'),
  trap("a file that nobody may read", "echo '{}' > AT; chmod 0 AT"),
  trap("a file that all may write", "echo '{}' > AT; chmod 666 AT"),
  trap("a file of 1 TiB", "truncate -s 1T AT"),
];
