// The completion script for zsh, on top of _arguments (zshcompsys(1)).
import type { Offer, Option, Subcommand } from "./model.ts";
import { globalOptions, quote, signals, subcommands } from "./model.ts";

/** Text inside of a specification: colons end a part, brackets end an explanation. */
const escapeSpec = (text: string): string => text.replaceAll(/[\\:[\]]/g, "\\$&");

const actions = {
  containers: "_coffer_containers",
  directories: "_directories",
  files: "_files",
  signals: `(${signals.join(" ")})`,
  none: " ",
} as const;

const action = (offer: Offer): string => (typeof offer === "string" ? actions[offer] : `(${offer.join(" ")})`);

/** Specifications of a flag: of its long name, and of its letter. */
function specsOf({ name, char, help, takes, value, offer, repeats, excludes }: Option): readonly string[] {
  const argument = `${escapeSpec(value)}:${action(offer)}`;
  const tail = takes === "nothing" ? "" : takes === "optional" ? `::${argument}` : `:${argument}`;
  const joint = takes === "nothing" ? "" : takes === "optional" ? "=-" : "=";
  const spelled = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
  const others = [...spelled, ...excludes.map((one) => `--${one}`)].join(" ");
  const before = repeats ? "*" : `(${others})`;
  return spelled.map((one) => quote(`${before}${one}${joint}[${escapeSpec(help)}]${tail}`));
}

function renderVerb({ name, options, operands, rest }: Subcommand): string {
  const own = new Set(options.map((option) => option.name));
  const globals = globalOptions.filter((option) => !own.has(option.name));
  const specs = [
    ...[...options, ...globals].flatMap(specsOf),
    ...operands.map(({ name: word, offer }, index) => quote(`${index + 1}:${word}:${action(offer)}`)),
    ...(rest === undefined ? [] : [quote(`(-)*::command:${rest === "host" ? "_coffer_command" : " "}`)]),
  ];
  return `    ${name})\n      _arguments -S${rest === undefined ? "" : " -A '-*'"} : \\\n        ${specs.join(" \\\n        ")} && ret=0 ;;`;
}

/** The script. */
export function renderZsh(): string {
  const verbs = subcommands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n");
  return `#compdef coffer
# zsh completion for coffer, printed by \`coffer completion zsh\`

_coffer_verbs() {
  local -a verbs=(
${verbs}
    'help:print the help of a verb'
  )
  _describe -t verbs verb verbs
}

# Container ids of the state directory.
_coffer_containers() {
  setopt localoptions extendedglob
  local directory=\${(Q)opt_args[--root]:-$root}
  local -a ids=(\${(f)"$(command coffer \${directory:+--root=$directory} list -q 2>/dev/null)"})
  ids=(\${(M)ids:#[A-Za-z0-9_.+-]##})
  local expl
  _wanted containers expl container compadd -a ids
}

# The command behind a verb.
_coffer_command() {
  if [[ $words[1] == -- ]]; then
    shift words
    (( CURRENT-- ))
  fi
  _normal
}

_coffer() {
  local curcontext=$curcontext root="" state line ret=1
  local -A opt_args
  _arguments -C -S -A '-*' : \\
    ${globalOptions.flatMap(specsOf).join(" \\\n    ")} \\
    '1:verb:_coffer_verbs' \\
    '*::argument:->verb' && ret=0
  [[ $state == verb ]] || return ret
  root=\${(Q)opt_args[--root]}
  case $line[1] in
${subcommands.map(renderVerb).join("\n")}
    help) _arguments '1:verb:_coffer_verbs' && ret=0 ;;
  esac
  return ret
}

# Sourced, or autoloaded from $fpath.
if [[ $funcstack[1] == _coffer ]]; then
  _coffer "$@"
else
  compdef _coffer coffer
fi
`;
}
