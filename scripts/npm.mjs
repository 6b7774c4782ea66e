// Calls npm in the working directory, with the caller's environment and with the configuration of the npm in PATH.
// Plain JavaScript, for Node 20 with nothing installed.
//
//   node scripts/npm.mjs ci [OPTIONS...]   installs; an optional package that this machine needs and does not get is an error
//   node scripts/npm.mjs WORDS...          any other command of npm
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// npm finds its global configuration (registry, certificates) beside the Node that runs npm. `npm run` and the scripts put
// the checkout's own Node first in PATH: npm would then look for that configuration in node_modules.
const ofCheckout = (directory) => directory.endsWith("node_modules/.bin");
const path = (process.env.PATH ?? "").split(":").filter((directory) => !ofCheckout(directory));
const env = { ...process.env, PATH: path.join(":") };

const isFor = (allowed, name) => allowed === undefined || [allowed].flat().includes(name);

/** The optional packages of a folder that are for this machine and are not installed. */
export function missingPackages(folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const { packages } = read("package-lock.json");
  return Object.keys(read("package.json").optionalDependencies ?? {}).filter((name) => {
    const { os, cpu } = packages[`node_modules/${name}`] ?? {};
    const isWanted = isFor(os, process.platform) && isFor(cpu, process.arch);
    return isWanted && !existsSync(join(folder, "node_modules", name, "package.json"));
  });
}

/**
 * Installs the packages of the working directory. Without `--loglevel=http`, npm does not print that an optional package has
 * failed.
 */
function install(words) {
  const argv = ["ci", ...words, "--include=optional", "--no-audit", "--no-fund", "--loglevel=http"];
  const { status, error, stdout, stderr } = spawnSync("npm", argv, { env, encoding: "utf8", maxBuffer: 64 << 20 });
  const isRoutine = (line) => /^npm (http|info) /.test(line) && !line.includes(" failed with ");
  const told = `${stdout ?? ""}${stderr ?? ""}`.split("\n").filter((line) => line !== "" && !isRoutine(line));
  for (const line of told) console.error(line);
  if (error) console.error(`npm ci: ${error.message}`);
  if (status !== 0) return 1;
  const missing = missingPackages(process.cwd());
  if (missing.length === 0) return 0;
  console.error(`npm ci left out ${missing.join(", ")}, which this machine needs: npm's reasons are above`);
  return 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [verb, ...words] = process.argv.slice(2);
  const call = () => spawnSync("npm", [verb, ...words], { env, stdio: "inherit" }).status ?? 127;
  process.exitCode = verb === "ci" ? install(words) : call();
}
