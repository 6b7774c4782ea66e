// What an engine calls instead of a runtime: keeps the config.json that the engine wrote. The first words are
// the runtime that does the work, and the directory for that.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [runc = "", to = "", ...words] = process.argv.slice(2);
const bundle = words[words.findIndex((word) => /^-?-b(undle)?$/.test(word)) + 1] ?? "";

/** A pod's first container has to run for the others to be made, on a machine without limits in cgroup v2 too. */
const isSandbox = ({ annotations = {} }) => annotations["io.kubernetes.cri.container-type"] === "sandbox";

if (words.includes("create")) {
  const path = join(bundle, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  if (!isSandbox(config)) {
    writeFileSync(join(to, "config.json"), JSON.stringify(config));
    // Nothing has to run.
    process.exit(1);
  }
  delete config.linux.resources;
  writeFileSync(path, JSON.stringify(config));
}
const { status } = spawnSync(runc, words, { stdio: "inherit" });
process.exit(status ?? 1);
