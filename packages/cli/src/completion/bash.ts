// The completion script for bash 4.2 or later. Needs nothing of the package bash-completion.
import type { Offer, Option, Subcommand } from "./model.ts";
import { globalOptions, quote, signals, spellings, subcommands } from "./model.ts";

/** `-` takes no value, `=` has a value behind `=` only; then a kind with `@`, or a list of words. */
function describe({ takes, offer }: Option): string {
  if (takes === "nothing") return "-";
  return `${takes === "optional" ? "=" : ""}${describeOffer(offer)}`;
}

const describeOffer = (offer: Offer): string => (typeof offer === "string" ? `@${offer}` : offer.join(" "));

const entries = (options: readonly Option[]): string =>
  options.flatMap((option) => spellings(option).map((name) => `[${name}]=${quote(describe(option))}`)).join(" ");

function renderVerb({ name, options, operands, rest }: Subcommand): string {
  const words = operands.map(({ offer }) => quote(describeOffer(offer))).join(" ");
  return `    ${name}) takes+=(${entries(options)}); operands=(${words}); rest=${rest ?? "none"} ;;`;
}

/** The script. */
export function renderBash(): string {
  const names = subcommands.map(({ name }) => name).join(" ");
  return `# bash completion for coffer, printed by \`coffer completion bash\`

# Container ids of the state directory $1. Anything that is not an id is left out: bash inserts replies unquoted.
_coffer_containers() {
  command coffer \${1:+"--root=$1"} list -q 2>/dev/null | grep -xE '[A-Za-z0-9_.+-]+'
}

# Prints what is offered for a description $1 and a prefix $2; $3 is the state directory.
_coffer_offer() {
  case $1 in
    @containers) _coffer_containers "$3" ;;
    @directories) compgen -d -- "$2" ;;
    @files) compgen -f -- "$2" ;;
    @signals) printf '%s\\n' ${signals.join(" ")} ;;
    @none) ;;
    *) printf '%s\\n' $1 ;;
  esac
}

# Puts those lines of standard input into COMPREPLY that begin with $1, each behind the prefix $2.
_coffer_reply() {
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && COMPREPLY+=("$2$word")
  done
}

# Sets takes, operands and rest of a verb.
_coffer_load() {
  case $1 in
${subcommands.map(renderVerb).join("\n")}
    help) operands=('${names}') ;;
  esac
}

# bash splits words at "=": joins --flag, = and the value again, in the array line.
_coffer_line() {
  local at word is_value=""
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ $word == "=" && \${#line[@]} -gt 0 && \${line[-1]} == -* ]]; then
      line[-1]+="=" is_value=1
    elif [[ $is_value ]]; then
      line[-1]+=$word is_value=""
    else
      line+=("$word")
    fi
  done
}

_coffer() {
  local verb="" root="" pending="" ended="" rest=none count=0 word flag prefix=""
  local -a line=() operands=()
  local -A takes=(${entries(globalOptions)})
  COMPREPLY=()
  _coffer_line
  for word in "\${line[@]:0:\${#line[@]}-1}"; do
    if [[ $pending ]]; then
      [[ $pending == --root ]] && root=$word
      pending=""
    elif [[ $ended ]]; then
      ((count++))
    elif [[ $word == -- ]]; then
      ended=1
    elif [[ $word == -?* ]]; then
      flag=\${word%%=*}
      [[ $word == --root=* ]] && root=\${word#*=}
      [[ $word != *=* && \${takes[$flag]:--} != [-=]* ]] && pending=$flag
    elif [[ ! $verb ]]; then
      verb=$word
      _coffer_load "$verb"
    else
      ((count++))
      [[ $rest != none && $count -ge \${#operands[@]} ]] && ended=1
    fi
  done
  local cur=\${line[-1]}
  if [[ $pending ]]; then
    flag=$pending
  elif [[ ! $ended && $cur == -*=* ]]; then
    flag=\${cur%%=*}
    cur=\${cur#*=}
    [[ $COMP_WORDBREAKS == *=* ]] || prefix="$flag="
    pending=1
  fi
  if [[ $pending ]]; then
    word=\${takes[$flag]:-@none}
    word=\${word#=}
    [[ $word == @files || $word == @directories ]] && compopt -o filenames 2>/dev/null
    _coffer_reply "$cur" "$prefix" < <(_coffer_offer "$word" "$cur" "$root")
  elif [[ ! $ended && $cur == -* ]]; then
    _coffer_reply "$cur" < <(printf '%s\\n' "\${!takes[@]}" | sort)
  elif [[ ! $verb ]]; then
    _coffer_reply "$cur" < <(printf '%s\\n' ${names} help)
  elif [[ $rest == host ]]; then
    compopt -o filenames 2>/dev/null
    if ((count == \${#operands[@]})); then
      _coffer_reply "$cur" < <(compgen -c -- "$cur" | sort -u)
    fi
    _coffer_reply "$cur" < <(compgen -f -- "$cur")
  elif ((count < \${#operands[@]})); then
    word=\${operands[count]}
    [[ $word == @files || $word == @directories ]] && compopt -o filenames 2>/dev/null
    _coffer_reply "$cur" < <(_coffer_offer "$word" "$cur" "$root")
  fi
}

complete -F _coffer coffer
`;
}
