# Completes lines in a real, interactive zsh on a pseudo-terminal.
#   zsh -f complete.zsh SCRIPT DIRECTORY LINE...    prints what is offered for each line, and a line `---` behind each
zmodload zsh/zpty
script=$1 directory=$2
shift 2
out=$directory/offered
: >$out
cat >$directory/init.zsh <<END
PS1=
bindkey -e
unsetopt autolist automenu beep
autoload -Uz compinit
compinit -u -D
source $script
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "\$@"; return; fi
  local -a hits
  builtin compadd -A hits "\$@"
  (( \$#hits )) && print -rl -- \$hits >>$out
  builtin compadd "\$@"
}
finish() { print -r -- --- >>$out; comppostfuncs=(finish) }
comppostfuncs=(finish)
print -r -- ready >$directory/ready
END
zpty shell zsh -f -i
zpty -w shell "source $directory/init.zsh"

# Waits for a condition; what the shell prints is thrown away, so that it is never blocked.
wait_for() {
  local tries=0 text
  until eval $1; do
    zpty -r -t shell text 2>/dev/null
    (( tries++ > 400 )) && { print -u2 "no answer: $1"; exit 1 }
    sleep 0.02
  done
}

wait_for "[[ -e $directory/ready ]]"
integer count=0
for line in "$@"; do
  (( count++ ))
  zpty -w -n shell "$line"$'\t'
  wait_for "(( \$(grep -c '^---\$' $out) >= $count ))"
  zpty -w -n shell $'\C-u'
done
cat $out
zpty -d shell
