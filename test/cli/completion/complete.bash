# Completes lines by the function that a script registers, as bash itself calls it.
#   bash --norc complete.bash SCRIPT LINE...    prints what is offered for each line, and a line `---` behind each
source "$1"
shift
complete -p coffer >/dev/null || exit 1
for line in "$@"; do
  # Words as readline splits them: "=" is a word.
  IFS=' ' read -ra COMP_WORDS <<<"${line//=/ = }"
  [[ $line == *[\ =] ]] && COMP_WORDS+=("")
  # At "--flag=" the word under the cursor is "=" itself.
  [[ $line == *= ]] && unset 'COMP_WORDS[-1]'
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
  _coffer coffer "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
  ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
  echo ---
done
