// What needs Node is handed to the front on Node, where that is installed around this program.
import { findOwnDirectory } from "./launch/helper.ts";
import { become } from "./launch/spawn.ts";
import { readWords } from "./node/process.ts";
import { toNode, toText } from "./text.ts";

const executable = 1;
const readable = 4;
/** The front on Node: of a checkout, from the directory of this program; of an npm package, beside what was called. */
const inCheckout = /\/packages\/cli\/native\/\w+$/;
const fromCheckout = "../../bin/coffer.js";
const inPackage = "coffer.js";
/** As many links as the kernel follows: path_resolution(7). */
const mostLinks = 40;

const canAccess = (path: string, how: number): boolean => host.access(toNode(path), how) === 0;

/** Node, as the caller's PATH has it. */
function findNode(env: readonly string[]): string | undefined {
  const path = env.find((one) => one.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const candidates = path.split(":").filter((dir) => dir.startsWith("/"));
  return candidates.map((dir) => `${dir}/node`).find((file) => canAccess(file, executable));
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** The directory of the file that a path is a link to; undefined for a word without a directory. */
function findCalled(path: string): string | undefined {
  let file = path;
  for (let links = 0; links < mostLinks && file.includes("/"); links++) {
    const target = host.readlink(toNode(file));
    if (typeof target === "number") return directoryOf(file);
    const text = toText(target);
    file = text.startsWith("/") ? text : `${directoryOf(file)}/${text}`;
  }
  return undefined;
}

/** Goes on as the front on Node. Returns if that front is missing. */
export function handOver(): void {
  const env = readWords(1);
  const node = findNode(env);
  if (node === undefined) return;
  const [name = "", ...words] = readWords(0);
  const called = findCalled(name);
  const own = findOwnDirectory();
  // Elsewhere this would lead to directories that have nothing to do with the program, such as /tmp/bin.
  const fronts = [
    ...(inCheckout.test(own) ? [`${own}/${fromCheckout}`] : []),
    ...(called === undefined ? [] : [`${called}/${inPackage}`]),
  ];
  const front = fronts.find((path) => canAccess(path, readable));
  if (front !== undefined) become(node, [front, ...words], env);
}
