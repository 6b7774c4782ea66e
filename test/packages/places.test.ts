// packages/cli/bin/coffer finds the native front wherever package managers put it and link to it, with the shell's builtins
// alone. Without a native front it goes on as the front on Node. The programs are scripts that say who was called.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";

const platform = `linux-${process.arch}`;

function writeScript(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** The package `coffer`, as npm unpacks it. */
function putPackage(path: string): void {
  for (const name of ["coffer", "coffer-oci"]) {
    mkdirSync(join(path, "bin"), { recursive: true });
    copyFileSync(join(repository, "packages/cli/bin", name), join(path, "bin", name));
    writeFileSync(join(path, "bin", `${name}.js`), "");
  }
}

const putNative = (modules: string, name = platform): void =>
  writeScript(join(modules, "@coffer", name, "coffer"), `printf '%s|' native "$@"`);

/** The package of a checkout, whose native front is newer than the front on Node. */
function putCheckout(at: string): void {
  const [cli, machine] = [join(at, "packages/cli"), process.arch === "arm64" ? "aarch64" : "x86_64"];
  putPackage(cli);
  writeScript(join(cli, "dist/main.js"), "");
  utimesSync(join(cli, "dist/main.js"), 1, 1);
  writeScript(join(cli, "native", machine, "coffer"), `printf '%s|' native "$@"`);
}

function makePlace(t: ExecutionContext): string {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "cft-place-")));
  t.teardown(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

interface Call {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const call = (path: string, { cwd, env = { PATH: "/nonexistent" } }: Call): Promise<Outcome> =>
  command([path, "a b", "*"], { cwd, env });

/** Where things are, and what is called there. */
const layouts: Readonly<Record<string, (at: string) => string>> = {
  "npm: beside the package": (at) => {
    putPackage(join(at, "node_modules/coffer"));
    putNative(join(at, "node_modules"));
    link("../coffer/bin/coffer", join(at, "node_modules/.bin/coffer"));
    return "node_modules/.bin/coffer";
  },
  "npm: in the package's own folder": (at) => {
    putPackage(join(at, "node_modules/coffer"));
    putNative(join(at, "node_modules/coffer/node_modules"));
    link("../coffer/bin/coffer-oci", join(at, "node_modules/.bin/coffer-oci"));
    return "./node_modules/.bin/coffer-oci";
  },
  "npm install --global": (at) => {
    putPackage(join(at, "lib/node_modules/coffer"));
    putNative(join(at, "lib/node_modules/coffer/node_modules"));
    link("../lib/node_modules/coffer/bin/coffer", join(at, "bin/coffer"));
    return "bin/coffer";
  },
  "npm link: the package is a link": (at) => {
    putPackage(join(at, "elsewhere/coffer"));
    putNative(join(at, "elsewhere"));
    link("../elsewhere/coffer", join(at, "node_modules/coffer"));
    link("../coffer/bin/coffer", join(at, "node_modules/.bin/coffer"));
    return "node_modules/.bin/coffer";
  },
  "pnpm: a store of links": (at) => {
    const store = "node_modules/.pnpm/coffer@0.1.0/node_modules";
    const own = `node_modules/.pnpm/@coffer+${platform}@0.1.0/node_modules`;
    putPackage(join(at, store, "coffer"));
    putNative(join(at, own));
    link(`../../../@coffer+${platform}@0.1.0/node_modules/@coffer/${platform}`, join(at, store, "@coffer", platform));
    link(".pnpm/coffer@0.1.0/node_modules/coffer", join(at, "node_modules/coffer"));
    // The shim of pnpm names the interpreter of the first line.
    writeScript(
      join(at, "node_modules/.bin/coffer"),
      `exec /bin/sh '${at}/node_modules/.bin/../coffer/bin/coffer' "$@"`,
    );
    return "node_modules/.bin/coffer";
  },
  "the file itself, in a directory with a space": (at) => {
    putPackage(join(at, "a b/node_modules/coffer"));
    putNative(join(at, "a b/node_modules"));
    return join(at, "a b/node_modules/coffer/bin/coffer-oci");
  },
  "a checkout": (at) => {
    putCheckout(at);
    return "packages/cli/bin/coffer";
  },
  "both machines' packages": (at) => {
    putPackage(join(at, "node_modules/coffer"));
    putNative(join(at, "node_modules"));
    writeScript(join(at, "node_modules/@coffer/linux-other/coffer"), "exit 9");
    return "node_modules/coffer/bin/coffer";
  },
};

for (const [title, make] of Object.entries(layouts)) {
  test(`${title}: the native front is found without a program in PATH`, async (t) => {
    const cwd = makePlace(t);
    const path = make(cwd);
    const { exitCode, stdout, stderr } = await call(path, { cwd });
    t.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
    t.regex(stdout, /^native\|--called=[^|]*\/coffer(-oci)?\|a b\|\*\|$/);
  });
}

test("in a checkout whose front on Node was built again, that is called", async (t) => {
  const cwd = makePlace(t);
  putCheckout(cwd);
  utimesSync(join(cwd, "packages/cli/dist/main.js"), new Date(), new Date(Date.now() + 10_000));
  writeScript(join(cwd, "usr/node"), `printf '%s|' node "$@"`);
  const { stdout } = await call("packages/cli/bin/coffer", { cwd, env: { PATH: join(cwd, "usr") } });
  t.regex(stdout, /^node\|.*\/bin\/coffer\.js\|a b\|\*\|$/);
});

test("a link of another name, to a link, is followed with readlink", async (t) => {
  const cwd = makePlace(t);
  layouts["npm: beside the package"]?.(cwd);
  link("../coffer/bin/coffer-oci", join(cwd, "node_modules/.bin/coffer-oci"));
  link(join(cwd, "node_modules/.bin/coffer-oci"), join(cwd, "usr/bin/crun"));
  t.is((await call("usr/bin/crun", { cwd })).stdout, "native|--called=usr/bin/crun|a b|*|");
});

test("without PATH no program of the working directory is called", async (t) => {
  const cwd = makePlace(t);
  layouts["npm: beside the package"]?.(cwd);
  link(join(cwd, "node_modules/.bin/coffer"), join(cwd, "usr/bin/coffer"));
  for (const name of ["readlink", "uname", "node"]) writeScript(join(cwd, name), "echo /nowhere");
  for (const env of [{}, { PATH: "" }]) {
    t.is((await call("usr/bin/coffer", { cwd, env })).stdout, "native|--called=usr/bin/coffer|a b|*|");
    // Without the variable a shell has a PATH of its own, which may lead to a Node.
    t.is((await call("usr/bin/coffer", { cwd, env: { ...env, COFFER_FRONT: "node" } })).stdout, "");
  }
});

test("a package of that name beside a link is not taken for the one that the link leads to", async (t) => {
  const cwd = makePlace(t);
  layouts["npm: beside the package"]?.(cwd);
  writeScript(join(cwd, "shared/coffer/bin/coffer"), "exit 9");
  writeScript(join(cwd, "shared/@coffer", platform, "coffer"), "exit 9");
  link(join(cwd, "node_modules/coffer/bin/coffer"), join(cwd, "shared/tools/coffer"));
  t.is((await call("shared/tools/coffer", { cwd })).stdout, "native|--called=shared/tools/coffer|a b|*|");
});

test("a package with a link to the file is not taken for the one that has the file", async (t) => {
  const cwd = makePlace(t);
  layouts["npm: beside the package"]?.(cwd);
  const file = join(cwd, "node_modules/coffer/bin/coffer");
  link(file, join(cwd, "shared/work/coffer"));
  for (const planted of ["shared/lib/node_modules/coffer", "shared/coffer", "shared"]) {
    link(file, join(cwd, planted, "bin/coffer"));
    writeFileSync(join(cwd, planted, "bin/coffer.js"), "");
  }
  for (const modules of ["shared/lib/node_modules", "shared", "shared/node_modules"])
    writeScript(join(cwd, modules, "@coffer", platform, "coffer"), "exit 9");
  t.is((await call("shared/work/coffer", { cwd })).stdout, "native|--called=shared/work/coffer|a b|*|");
  link(join(cwd, "node_modules/coffer/bin"), join(cwd, "other/lib/node_modules/coffer/bin"));
  writeScript(join(cwd, "other/lib/node_modules/@coffer", platform, "coffer"), "exit 9");
  link(file, join(cwd, "other/work/coffer"));
  t.is((await call("other/work/coffer", { cwd })).stdout, "native|--called=other/work/coffer|a b|*|");
});

/** A PATH with a `node` that says how it was called. */
function fakeNode(cwd: string): Readonly<Record<string, string>> {
  writeScript(join(cwd, "path/node"), `printf '%s|' node "$@"`);
  return { PATH: join(cwd, "path") };
}

test("where no native front is for this machine, the front on Node is called", async (t) => {
  const cwd = makePlace(t);
  putPackage(join(cwd, "node_modules/coffer"));
  putNative(join(cwd, "node_modules"), "linux-other");
  const env = fakeNode(cwd);
  const script = (name: string) => `node|node_modules/coffer/bin/../bin/${name}.js|a b|*|`;
  t.is((await call("node_modules/coffer/bin/coffer", { cwd, env })).stdout, script("coffer"));
  t.is((await call("node_modules/coffer/bin/coffer-oci", { cwd, env })).stdout, script("coffer-oci"));
});

test("COFFER_FRONT=node asks for the front on Node", async (t) => {
  const cwd = makePlace(t);
  const path = layouts["npm: beside the package"]?.(cwd) ?? "";
  const env = { ...fakeNode(cwd), COFFER_FRONT: "node" };
  t.is((await call(path, { cwd, env })).stdout, "node|node_modules/.bin/../coffer/bin/coffer.js|a b|*|");
});

test("without a native front and without Node, one line says what is missing", async (t) => {
  const cwd = makePlace(t);
  putPackage(join(cwd, "node_modules/coffer"));
  const missing = `node is not in PATH, and the package @coffer/${platform} is not installed, which needs no Node\n`;
  t.like(await call("node_modules/coffer/bin/coffer", { cwd }), {
    exitCode: 125,
    stdout: "",
    stderr: `coffer: ${missing}`,
  });
  t.like(await call("node_modules/coffer/bin/coffer-oci", { cwd }), {
    exitCode: 1,
    stdout: "",
    stderr: `coffer-oci: ${missing}`,
  });
});
