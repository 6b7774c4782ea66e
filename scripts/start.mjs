// `npm start`: installs and builds what is missing or out of date, then runs the main job: a container made of nothing
// but this host. Plain JavaScript, for Node 20 with nothing installed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingPackages } from "./npm.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

// Facts of the inside, by means that every host has.
const inside = `
echo "inside: $(id -un 2>/dev/null || echo uid) $(id -u):$(id -g) on host $(hostname)"
echo "mounts: $(wc -l < /proc/self/mountinfo)"
echo "processes: $(ls -d /proc/[0-9]* | wc -l), this shell is pid $$"
sed -n 's/^CapEff:[[:space:]]*/effective capabilities: /p; s/^CapBnd:[[:space:]]*/bounding capabilities: /p' /proc/self/status
sed -n 's/^NoNewPrivs:[[:space:]]*/no_new_privs: /p; s/^Seccomp:[[:space:]]*/seccomp mode: /p' /proc/self/status
echo "network interfaces: $(sed -n 's/^ *\\([^ :]*\\):.*/\\1/p' /proc/net/dev | tr '\\n' ' ')"
echo "writing here: $(touch .coffer-try 2>/dev/null && rm .coffer-try && echo allowed || echo refused)"
`;

/** Runs a step whose output is only worth reading when it fails. */
function step(title, argv) {
  console.log(`# ${title}`);
  const { status, error, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { cwd: root, env, encoding: "utf8" });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  console.error(`npm start: ${title} failed${error ? `: ${error.message}` : ` with status ${status}`}`);
  process.exit(1);
}

/** The time of the newest file beneath a directory. */
function newest(directory) {
  let time = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function install() {
  const isThere = existsSync(join(bin, "tsc")) && existsSync(join(root, "node_modules/.package-lock.json"));
  if (isThere && missingPackages(root).length === 0) return;
  step("installing", [process.execPath, join(root, "scripts/npm.mjs"), "ci"]);
}

function build() {
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  const helper = join(root, "packages/core/native", `coffer-helper-${arch}`);
  if (timeOf(helper) < newest(join(root, "helper-c"))) {
    step("building the helper (the first time takes a minute)", [
      process.execPath,
      join(root, "scripts/zig-build.mjs"),
    ]);
  }
  const built = join(root, "packages/cli/dist/main.js");
  const sources = ["spec", "core", "cli"].map((name) => newest(join(root, "packages", name, "src")));
  if (timeOf(built) >= Math.max(...sources)) return;
  step("building", [join(bin, "tsc"), "-b"]);
  step("bundling coffer-oci", [process.execPath, join(root, "scripts/bundle.mjs")]);
}

const native = join(root, "packages/cli/native", process.arch === "arm64" ? "aarch64" : "x86_64", "coffer");

/** The front without Node, where its tools are there (scripts/front): tells why where they are not. */
function buildNative() {
  const sources = ["packages/spec/src", "packages/core/src", "packages/cli/src", "helper-c", "scripts/front"];
  if (timeOf(native) >= Math.max(...sources.map((name) => newest(join(root, name))))) return;
  console.log("# building the native front (the first time takes two minutes)");
  const argv = [join(root, "scripts/front/build.mjs"), "--optional"];
  const { status, stdout, stderr } = spawnSync(join(bin, "node"), argv, { cwd: root, env, encoding: "utf8" });
  if (status !== 0) console.log(`# the native front could not be built: ${stderr.trim().split("\n").pop()}`);
  else process.stdout.write(stdout.replace(/^/gm, "# ").replace(/# $/, ""));
}

function runMainJob() {
  const isNative = existsSync(native);
  console.log(`# coffer sandbox -- sh -c '…', with ${isNative ? "the native front" : "the front on Node"}`);
  const words = ["sandbox", "--trace", "--", "sh", "-c", inside];
  const [file, ...argv] = isNative
    ? [native, ...words]
    : [join(bin, "node"), join(root, "packages/cli/bin/coffer.js"), ...words];
  const { status } = spawnSync(file, argv, { cwd: process.cwd(), env: process.env, stdio: "inherit" });
  const seconds = (performance.now() / 1000).toFixed(1);
  console.log(`# npm start took ${seconds} s in all; the command is ${isNative ? native : argv[0]}`);
  process.exitCode = status ?? 1;
}

install();
build();
buildNative();
runMainJob();
