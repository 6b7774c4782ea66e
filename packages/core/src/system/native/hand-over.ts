// What needs Node is handed to the front on Node, where that is installed beside this program.
import { findOwnDirectory } from "./launch/helper.ts";
import { become } from "./launch/spawn.ts";
import { toNode, toText } from "./text.ts";

const executable = 1;
const readable = 4;
/** From the directory of this program: as the npm package has them. */
const script = "../../bin/coffer.js";

/** The words of the command line (0) or of the environment (1). */
function wordsOf(list: 0 | 1): readonly string[] {
  const words: string[] = [];
  for (let at = 0; ; at += 1) {
    const word = host.word(list, at);
    if (typeof word === "number") return words;
    words.push(toText(word));
  }
}

const canAccess = (path: string, how: number): boolean => host.access(toNode(path), how) === 0;

/** Node, as the caller's PATH has it. */
function findNode(env: readonly string[]): string | undefined {
  const path = env.find((one) => one.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const candidates = path.split(":").filter((dir) => dir.startsWith("/"));
  return candidates.map((dir) => `${dir}/node`).find((file) => canAccess(file, executable));
}

/** Goes on as the front on Node. Returns where there is none. */
export function handOver(): void {
  const env = wordsOf(1);
  const node = findNode(env);
  const front = `${findOwnDirectory()}/${script}`;
  if (node === undefined || !canAccess(front, readable)) return;
  become(node, [front, ...wordsOf(0).slice(1)], env);
}
