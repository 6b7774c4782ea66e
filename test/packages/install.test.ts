// The packed packages install and work in an empty project, on every Node that they promise, without a warning.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { packAll } from "../../scripts/pack.ts";
import { repository } from "../helpers/build.ts";
import { npm } from "../helpers/callers/npm.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import { asUser, userIds } from "../helpers/user.ts";

const folder = join(repository, "test/node");
const nodes = {
  "20": join(folder, `node_modules/node-20-${process.arch}/bin/node`),
  "22": join(folder, `node_modules/node-22-${process.arch}/bin/node`),
  "24": join(repository, `node_modules/node-linux-${process.arch}/bin/node`),
} as const;

type Release = keyof typeof nodes;
type Who = "root" | "user";

/** setpriv(1), which PATH does not have in some calls. */
const asUserPath = "/usr/bin/setpriv";

const work = mkdtempSync(join(tmpdir(), "cft-install-"));
let packed: ReadonlyMap<string, string> = new Map();
/** The packages of the native front: which of them is for this machine is npm's to tell. */
const isPlatform = (name: string): boolean => name.startsWith("linux-");
let settings: Readonly<Record<string, string>> = {};

/** The machine's own npm, whatever Node it is run by. */
function npmProgram(): string {
  const directories = (process.env.PATH ?? "").split(delimiter).filter((one) => !one.endsWith("node_modules/.bin"));
  const found = directories.map((one) => join(one, "npm")).find((path) => existsSync(path));
  if (found === undefined) throw new Error("there is no npm in PATH");
  return realpathSync(found);
}

/** What npm has to know of this machine: without the variables of an `npm test` around this test. */
async function readSettings(): Promise<Readonly<Record<string, string>>> {
  const read = async (name: string): Promise<string> =>
    (await npm(["config", "get", name], { cwd: work })).stdout.trim();
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|COFFER_|AVA|PATH|HOME)/i.test(name));
  const names = own.map(([name, value = ""]): [string, string] => [name, value]);
  return {
    ...Object.fromEntries(names),
    npm_config_registry: await read("registry"),
    npm_config_globalconfig: await read("globalconfig"),
    npm_config_update_notifier: "false",
  };
}

test.before("the packages are packed, and every Node is there", async (t) => {
  t.timeout(600_000);
  if (Object.values(nodes).some((node) => !existsSync(node))) {
    const { exitCode, stderr } = await npm(["ci", "--ignore-scripts"], { cwd: folder, timeoutMs: 600_000 });
    t.is(exitCode, 0, stderr);
  }
  chmodSync(work, 0o755);
  packed = packAll(join(work, "packages"));
  settings = await readSettings();
});

test.after.always("the packages are removed", () => rmSync(work, { recursive: true, force: true }));

/** Runs a program of the project, by that Node, as that user. */
function runIn(project: string, release: Release, who: Who, argv: readonly string[]): Promise<Outcome> {
  const path = [dirname(nodes[release]), join(project, "node_modules/.bin"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  const env = {
    ...settings,
    PATH: path.join(delimiter),
    HOME: join(project, "home"),
    XDG_RUNTIME_DIR: join(project, "run"),
  };
  const prefix = who === "user" ? asUser : [];
  return command([...prefix, ...argv], { cwd: project, env, timeoutMs: 240_000 });
}

function makeProject(t: ExecutionContext, who: Who): string {
  const project = mkdtempSync(join(tmpdir(), "cft-project-"));
  t.teardown(() => rmSync(project, { recursive: true, force: true }));
  for (const name of ["home", "run"]) mkdirSync(join(project, name), { mode: 0o700 });
  // No registry has them yet: they are optional for cli, and so they are here.
  const platforms = [...packed].filter(([name]) => isPlatform(name));
  const manifest = {
    name: "empty",
    version: "1.0.0",
    private: true,
    type: "module",
    optionalDependencies: Object.fromEntries(platforms.map(([name, file]) => [`@coffer/${name}`, `file:${file}`])),
  };
  writeFileSync(join(project, "package.json"), `${JSON.stringify(manifest)}\n`);
  writeFileSync(
    join(project, "api.js"),
    'import { sandbox } from "@coffer/core";\nconst { stdout } = await sandbox({ args: ["echo", "hello"] });\nconsole.log(stdout.trim());\n',
  );
  // The ids of root's sandbox are nobody's: they must be able to enter.
  chmodSync(project, 0o755);
  const { uid, gid } = userIds();
  if (who === "user") execFileSync("chown", ["-R", `${uid}:${gid}`, project]);
  return project;
}

/** The programs of a project with no program of the host in PATH. */
async function worksWithoutNode(t: ExecutionContext, project: string, who: Who): Promise<void> {
  const env = { PATH: "/nonexistent", XDG_RUNTIME_DIR: join(project, "run") };
  const run = (...argv: readonly string[]) =>
    command([...(who === "user" ? [asUserPath, ...asUser.slice(1)] : []), ...argv], { cwd: project, env });
  const says = async (argv: readonly string[], expected: RegExp): Promise<void> => {
    const { stdout, stderr, exitCode } = await run(...argv);
    t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" }, argv.join(" "));
    t.regex(stdout, expected);
  };
  for (const bin of ["node_modules/.bin", join(project, "node_modules/.bin"), "node_modules/coffer/bin"]) {
    await says([`${bin}/coffer`, "sandbox", "--", "true"], /^$/);
    await says([`${bin}/coffer`, "doctor"], /^ok {7}front: native, without Node$/m);
    await says([`${bin}/coffer-oci`, "--version"], /^coffer-oci version \d/);
  }
  const { exitCode, stderr } = await run("node_modules/.bin/coffer", "sandbox", "--", "false");
  t.deepEqual({ exitCode, stderr }, { exitCode: 1, stderr: "" });
}

const attack = `
for one in node_modules/coffer/bin/* node_modules/coffer/package.json node_modules/@coffer/*/coffer* \\
    node_modules/@coffer/core/native/* node_modules/.bin/coffer node_modules/.bin/coffer-oci; do
  echo x >"$one"; rm -f "$one"; ln -sf /bin/false "$one"; mv "$one" "$one.old"
done
for one in node_modules/coffer node_modules/@coffer node_modules/.bin node_modules; do
  mv "$one" "$one.old"
done
rm -rf node_modules/coffer node_modules/@coffer
touch node_modules/.bin/other node_modules/.cache
`;

/** What the commands of the project are executed from stays as it is, whatever a sandbox does that may write the project. */
async function staysAsItIs(t: ExecutionContext, project: string, run: (...argv: string[]) => Promise<Outcome>) {
  const looks =
    "find node_modules/coffer node_modules/@coffer node_modules/.bin/coffer* -printf '%p %i %m %s %C@\\n' | sort";
  const list = async () => (await run("sh", "-c", looks)).stdout;
  const before = await list();
  t.regex(before, /coffer-helper/);
  for (const front of ["", "node"]) {
    const words = ["env", `COFFER_FRONT=${front}`, "coffer", "sandbox", "--rw", "--", "sh", "-c", attack];
    t.is((await run(...words)).exitCode, 0);
    t.is(await list(), before);
    for (const name of [".bin/other", ".cache"]) t.true(existsSync(join(project, "node_modules", name)));
  }
  // Who names it has it.
  const words = ["sandbox", "--rw", "--write", "node_modules/@coffer", "--", "touch", "node_modules/@coffer/new"];
  t.is((await run("coffer", ...words)).exitCode, 0);
  t.true(existsSync(join(project, "node_modules/@coffer/new")));
}

const installs = test.macro({
  async exec(t, release: Release, who: Who) {
    t.timeout(300_000);
    if (!(await needs(t, "root", ...(who === "user" ? (["user"] as const) : [])))) return;
    const project = makeProject(t, who);
    const run = (...argv: readonly string[]) => runIn(project, release, who, argv);
    const quiet = async (...argv: readonly string[]): Promise<string> => {
      const { stdout, stderr, exitCode } = await run(...argv);
      t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" }, argv.join(" "));
      return stdout;
    };
    t.regex(await quiet("node", "--version"), new RegExp(`^v${release}\\.`));
    const words = ["install", "--engine-strict", "--no-audit", "--no-fund", "--cache", join(project, "cache")];
    const tarballs = [...packed].filter(([name]) => !isPlatform(name)).map(([, file]) => file);
    t.regex(await quiet("node", npmProgram(), ...words, ...tarballs), /^\nadded \d+ packages/);
    const isNative = packed.has(`linux-${process.arch}`);
    t.is(existsSync(join(project, "node_modules/@coffer", `linux-${process.arch}`)), isNative);
    t.regex(await quiet("coffer", "--version"), /^coffer version \d/);
    t.regex(await quiet("coffer", "sandbox", "--help"), /usage/i);
    t.regex(await quiet("coffer", "completion", "bash"), /complete -F _coffer coffer/);
    t.regex(await quiet("coffer-oci", "--version"), /^coffer-oci version \d/);
    t.is(await quiet("coffer", "sandbox", "--", "echo", "hello"), "hello\n");
    const proxied = ["sandbox", "--tools", "none", "--allow", "example.org", "--", "sh", "-c", "echo $https_proxy"];
    t.regex(await quiet("coffer", ...proxied), /^http:\/\/127\.0\.0\.1:\d+\n$/);
    t.is(await quiet("env", "COFFER_FRONT=node", "coffer", "sandbox", "--", "echo", "hello"), "hello\n");
    t.regex(await quiet("env", "COFFER_FRONT=node", "coffer", "doctor"), new RegExp(`front: on Node v${release}`));
    t.is(await quiet("node", "api.js"), "hello\n");
    if (isNative) await worksWithoutNode(t, project, who);
    await staysAsItIs(t, project, run);
    const page = readFileSync(join(project, "node_modules/coffer/man/coffer.1"), "utf8");
    t.regex(page, /^\.TH COFFER 1/m);
  },
  title: (_, release: Release, who: Who) => `Node ${release}, ${who}: the packages install and work without a warning`,
});

const releases = ["20", "22", "24"] as const;
const rows = [
  ...releases.map((release) => [release, "root"] as const),
  ...releases.map((release) => [release, "user"] as const),
];
for (const row of ofToday(rows, 2)) test.serial(installs, ...row);
