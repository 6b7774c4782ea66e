// Whether what is built is of the sources as they are: each build leaves the hash of its sources, and the tests compare.
// Plain JavaScript, for Node 20 with nothing installed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folders that are built, and the files that they are built from. */
const parts = {
  "packages/core/native": {
    from: ["helper-c", "build.zig"],
    without: /^helper-c\/(test|fuzz|proof|example|front)\//,
  },
  "packages/cli/bundle": {
    from: ["packages/spec/src", "packages/core/src", "packages/cli/src"],
    without: /\.test\.ts$|\/testing\//,
  },
  "packages/cli/native": {
    from: [
      "packages/spec/src",
      "packages/core/src",
      "packages/cli/src",
      "helper-c/front",
      "helper-c/plan",
      "scripts/front",
    ],
    without: /\.test\.ts$|\/testing\//,
    native: true,
  },
};

const stampOf = (part) => join(root, ".cache", "built", part.replaceAll("/", "-"));

function filesOf(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}

function hashOf({ from, without }) {
  const hash = createHash("sha256");
  for (const file of from.flatMap(filesOf).filter((name) => !without.test(name)))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex");
}

/** Notes that a part is built from its sources as they are. */
export function noteBuilt(part) {
  mkdirSync(dirname(stampOf(part)), { recursive: true });
  writeFileSync(stampOf(part), hashOf(parts[part]));
}

/** Whether a part is built from its sources as they are. */
export function isCurrent(part) {
  const stamp = stampOf(part);
  return existsSync(join(root, part)) && existsSync(stamp) && readFileSync(stamp, "utf8") === hashOf(parts[part]);
}

/** One sentence about what is not built from the sources as they are; undefined if everything is. */
export function whatIsStale() {
  // The native front is looked at where it is tried: not everybody has the tools for it.
  const asked = Object.keys(parts).filter((part) => !parts[part].native || process.env.COFFER_FRONT === "native");
  const stale = asked.filter((part) => !isCurrent(part));
  if (stale.length === 0) return undefined;
  return `${stale.join(" and ")} ${stale.length > 1 ? "are" : "is"} not built from the sources as they are: run \`npm run build\``;
}
