// The profile that `--learn` writes.
import { escapeJson } from "@coffer/core/escape";
import { toOneLine } from "../../output/one-line.ts";

/** What a command has used. */
export interface Learnt {
  readonly reached: readonly string[];
  readonly denied: readonly string[];
  readonly guessed: readonly string[];
  readonly writable: boolean;
  /** Sockets that it was given: names, and absolute paths. */
  readonly sockets: readonly string[];
  readonly peakMemory: number;
}

const mebi = 1024 * 1024;

/** A profile with what was used, sorted. What was not allowed is a comment: whoever reads it decides. */
export function printProfile(
  { reached, denied, guessed, writable, sockets, peakMemory }: Learnt,
  args: readonly string[],
): string {
  const comment = (text: string): string => `  // ${escapeJson(toOneLine(text))}`;
  const hosts = reached.map((host) => `      ${JSON.stringify(host)}`).join(",\n");
  const network = reached.length === 0 ? [] : ['  "network": {', '    "allow": [', hosts, "    ]", "  },"];
  return [
    `// What this command has used: ${escapeJson(toOneLine(JSON.stringify(args)))}`,
    "// Look at it before you use it: the command may have reached more than it needs.",
    "{",
    ...denied.map(comment),
    ...guessed.map(comment),
    ...(peakMemory > 0 ? [comment(`its largest process had ${Math.ceil(peakMemory / mebi)} MiB`)] : []),
    ...network,
    ...(sockets.length === 0 ? [] : [`  "sockets": ${escapeJson(JSON.stringify(sockets))},`]),
    `  "writable": ${writable}`,
    "}",
    "",
  ].join("\n");
}
