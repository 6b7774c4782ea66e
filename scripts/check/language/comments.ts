// The comments of TypeScript, C and shell, as lines of prose.

/** A line of a comment without its marks; code and tables in comments are indented or fenced. */
function inner(text: string): string | undefined {
  if (/^\s{3,}\S|^\s*\||^\s*(?:biome-ignore|eslint|clang-format|shellcheck|NOLINT|SPDX|@ts-)/.test(text))
    return undefined;
  return text.trimStart().replace(/^\s*(?:@throws \{\w+\}|@\w+)\s*/, "");
}

const tagged = /^\s*@\w+/;

/** Text with its strings blanked, so that `//` in them begins no comment. */
const withoutStrings = (line: string): string =>
  line.replaceAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[=(,:!&|?{};\s])\/(?![/*])(?:[^/\\\n]|\\.)+\/[dgimsuvy]*/g,
    (text) => " ".repeat(text.length),
  );

/** The lines of a program: those of comments as prose, all others undefined. */
export function commentLines(source: string, isShell: boolean): readonly (string | undefined)[] {
  const result: (string | undefined)[] = [];
  let inBlock = false;
  let inText = false;
  for (const raw of source.split("\n")) {
    const line = withoutStrings(raw);
    if (isShell) {
      const at = /^\s*#(?!!)/.exec(line);
      result.push(at === null ? undefined : inner(raw.slice(at[0].length)));
      continue;
    }
    if (inBlock) {
      const end = raw.indexOf("*/");
      inBlock = end < 0;
      const text = (end < 0 ? raw : raw.slice(0, end)).replace(/^\s*\*? ?/, "");
      if (tagged.test(text)) result.push(`- ${inner(text) ?? ""}`);
      else result.push(text.trim() === "" ? undefined : inner(text));
      continue;
    }
    const open = line.indexOf("/*");
    // A text of several lines may have what looks like a comment: `directory/*`.
    const ticks = line.split("`").length - 1;
    if (inText || (ticks % 2 === 1 && !/^\s*(?:\/[/*]|\*)/.test(line))) {
      inText = inText !== (ticks % 2 === 1);
      result.push(undefined);
      continue;
    }
    const slashes = line.search(/(?<!:)\/\//);
    if (open >= 0 && (slashes < 0 || open < slashes)) {
      const end = raw.indexOf("*/", open + 2);
      inBlock = end < 0;
      const text = raw.slice(open + 2, end < 0 ? undefined : end).replace(/^\*?\s?/, "");
      result.push(text.trim() === "" ? undefined : `- ${text}`);
    } else if (slashes >= 0) {
      const text = inner(raw.slice(slashes + 2));
      result.push(text === undefined ? undefined : slashes > line.search(/\S/) ? `- ${text}` : text);
    } else result.push(undefined);
  }
  return result;
}
