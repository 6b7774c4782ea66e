# Completes lines in a real fish.
#   fish --no-config complete.fish SCRIPT LINE...    prints what is offered for each line, and a line `---` behind each
source $argv[1]
for line in $argv[2..-1]
    complete -C $line | string replace -r '\t.*' ''
    echo ---
end
