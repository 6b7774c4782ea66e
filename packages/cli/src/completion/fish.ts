// The completion script for fish 3.4 or later.
import type { Offer, Option, Subcommand } from "./model.ts";
import { globalOptions, quote as quoteShell, signals, spellings, subcommands } from "./model.ts";

const quote = (text: string): string => quoteShell(text.replaceAll("\\", "\\\\"), "\\'");

const offers = {
  containers: "-x -a '(__coffer_containers)'",
  directories: "-x -a '(__fish_complete_directories)'",
  files: "-r -F",
  signals: `-x -a '${signals.join(" ")}'`,
  none: "-x",
} as const;

const offerOf = (offer: Offer): string => (typeof offer === "string" ? offers[offer] : `-x -a '${offer.join(" ")}'`);

function renderOption(condition: string, { name, char, help, takes, offer }: Option): string {
  const value = takes === "value" ? ` ${offerOf(offer)}` : "";
  const short = char === undefined ? "" : ` -s ${char}`;
  return `complete -c coffer -n ${quote(condition)} -l ${name}${short}${value} -d ${quote(help)}`;
}

function renderVerb({ name, options, operands, rest }: Subcommand): readonly string[] {
  const words = operands.map(
    ({ offer }, index) =>
      `complete -c coffer -n ${quote(`__coffer_at ${name} ${index}`)} ${
        offerOf(offer)
          .replace(/^-[xr]/, "")
          .trim() || "-f"
      }`,
  );
  const command = `complete -c coffer -n ${quote(`__coffer_in_rest ${name}; or __coffer_at ${name} 0`)} -a '(__coffer_rest)'`;
  return [
    ...options.map((option) => renderOption(`__coffer_in ${name}`, option)),
    ...words,
    ...(rest === "host" ? [command] : []),
  ];
}

const valued = (options: readonly Option[]): string =>
  options
    .filter(({ takes }) => takes === "value")
    .flatMap(spellings)
    .join(" ");

function renderTable({ name, options, operands, rest }: Subcommand): string {
  const flags = valued(options);
  return `        case ${name}
            set valued $valued ${flags}
            set operands ${operands.length}
            set rest ${rest === undefined ? 0 : 1}`;
}

/** The script. */
export function renderFish(): string {
  const verbs = subcommands.map(
    ({ name, summary }) => `complete -c coffer -n '__coffer_in ""' -a ${name} -d ${quote(summary)}`,
  );
  return `# fish completion for coffer, printed by \`coffer completion fish\`

# Prints on five lines: the verb, how many of its words there are, 1 if the rest has begun, the state directory, and the
# number of the word with which the rest begins.
function __coffer_scan
    set -l verb ''
    set -l count 0
    set -l ended 0
    set -l root ''
    set -l pending ''
    set -l valued ${valued(globalOptions)}
    set -l operands 0
    set -l rest 0
    set -l start 0
    set -l at 1
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        set at (math $at + 1)
        if test -n "$pending"
            test "$pending" = --root; and set root $word
            set pending ''
        else if test $ended = 1
            continue
        else if test "$word" = --
            set ended 1
            set start (math $at + 1)
        else if string match -q -- '-*' $word
            string match -q -- '--root=*' $word; and set root (string replace -- '--root=' '' $word)
            contains -- $word $valued; and set pending $word
        else if test -z "$verb"
            set verb $word
            switch $word
${subcommands.map(renderTable).join("\n").replaceAll(/^/gm, "    ")}
            end
        else
            set count (math $count + 1)
            if test $rest = 1 -a $count -ge $operands
                set ended 1
                set start $at
            end
        end
    end
    printf '%s\\n' "$verb" $count $ended "$root" $start
end

# True if flags of the verb may follow; "" is before the verb.
function __coffer_in
    set -l scan (__coffer_scan)
    test "$scan[1]" = "$argv[1]" -a $scan[3] = 0
end

# True if the word of that number, from 0 on, is the next one of the verb.
function __coffer_at
    set -l scan (__coffer_scan)
    test "$scan[1]" = "$argv[1]" -a $scan[2] = "$argv[2]"
end

# True if a command is being written.
function __coffer_in_rest
    set -l scan (__coffer_scan)
    test "$scan[1]" = "$argv[1]" -a $scan[3] = 1
end

# True if no command is being written.
function __coffer_before_rest
    set -l scan (__coffer_scan)
    test $scan[3] = 0
end

# Completes the command behind a verb.
function __coffer_rest
    set -l scan (__coffer_scan)
    set -l words (commandline -opc)
    set -l command
    test $scan[5] -gt 0 -a $scan[5] -le (count $words); and set command (string escape -- $words[$scan[5]..-1])
    complete -C (string join ' ' -- $command (commandline -ct))
end

# Container ids of the state directory.
function __coffer_containers
    command -q coffer; or return
    set -l scan (__coffer_scan)
    set -l root
    test -n "$scan[4]"; and set root --root=$scan[4]
    command coffer $root list -q 2>/dev/null | string match -r '^[A-Za-z0-9_.+-]+$'
end

complete -c coffer -f
${globalOptions.map((option) => renderOption("__coffer_before_rest", option)).join("\n")}
${verbs.join("\n")}
complete -c coffer -n '__coffer_in ""' -a help -d 'print the help of a verb'
complete -c coffer -n '__coffer_at help 0' -a '${subcommands.map(({ name }) => name).join(" ")}'
${subcommands.flatMap(renderVerb).join("\n")}
`;
}
