// Work in a sandbox that needs the network: packages from a registry on this machine, a server that the host reaches, an agent.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer, get } from "node:http";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn, startIn } from "./table.ts";

/** An address of the host's loopback that programs do not take for their own. */
const address = "127.0.0.2";

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise((resolve) => server.listen(0, address, () => resolve(undefined)));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  return typeof at === "object" && at !== null ? at.port : 0;
}

/** A package, as `npm pack` makes one, that leaves a file when its install script runs. */
function packDependency(dir: string): Buffer {
  const source = join(dir, "package");
  mkdirSync(source);
  const script = "node -e \"require('fs').writeFileSync('made', '')\"";
  writeFileSync(
    join(source, "package.json"),
    JSON.stringify({ name: "dep", version: "1.0.0", scripts: { install: script } }),
  );
  writeFileSync(join(source, "index.js"), "module.exports = 7;\n");
  execFileSync("tar", ["czf", join(dir, "dep.tgz"), "-C", dir, "package"]);
  const bytes = readFileSync(join(dir, "dep.tgz"));
  for (const name of ["package", "dep.tgz"]) rmSync(join(dir, name), { recursive: true });
  return bytes;
}

const installs = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const tarball = packDependency(join(box.base, "beside"));
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    const asked: string[] = [];
    const port = await listen(
      t,
      createServer((request, response) => {
        asked.push(request.url ?? "");
        if (request.url?.endsWith(".tgz")) return response.end(tarball);
        const dist = { tarball: `http://${address}:${port}/dep/-/dep-1.0.0.tgz`, integrity };
        const version = { name: "dep", version: "1.0.0", hasInstallScript: true, dist };
        return response.end(
          JSON.stringify({ name: "dep", "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } }),
        );
      }),
    );
    const resolved = `http://${address}:${port}/dep/-/dep-1.0.0.tgz`;
    const dependencies = { dep: "1.0.0" };
    const app = { name: "app", version: "1.0.0", dependencies };
    const locked = { version: "1.0.0", resolved, integrity, hasInstallScript: true };
    const lock = { ...app, lockfileVersion: 3, requires: true, packages: { "": app, "node_modules/dep": locked } };
    writeFileSync(join(box.path, "package.json"), JSON.stringify(app));
    writeFileSync(join(box.path, "package-lock.json"), JSON.stringify(lock));
    execFileSync("chown", [
      "-R",
      "--reference",
      box.path,
      join(box.path, "package.json"),
      join(box.path, "package-lock.json"),
    ]);
    const script =
      "npm ci --no-audit --no-fund --fetch-retries 0 --loglevel error >/dev/null 2>&1; node -p 'require(\"dep\")' 2>&1 | tail -n 1";
    const run = (...flags: readonly string[]) =>
      sandboxIn(
        box,
        who,
        [...flags, "--rw", "--env", `npm_config_registry=http://${address}:${port}/`, "--", "sh", "-c", script],
        env,
      );
    const denied = await run("--allow", "a.org");
    t.not(denied.stdout, "7\n");
    t.regex(
      denied.stderr,
      new RegExp(`^coffer: denied: connect ${address}:${port}: .*: add --allow ${address}:${port}$`, "m"),
    );
    t.deepEqual(asked, []);
    const allowed = await run("--allow", `${address}:${port}`);
    t.is(allowed.stdout, "7\n", allowed.stderr);
    t.true(existsSync(join(box.path, "node_modules/dep/index.js")));
    t.true(asked.length > 0);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, who: Who) => `as ${who}: npm ci takes packages from a registry that is allowed, and from no other`,
});
test.serial(installs, "root");
test.serial(installs, "user");

const wheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("dep.py", "answer = 7\\n")
    z.writestr("dep-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: dep\\nVersion: 1.0\\n")
    z.writestr("dep-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("dep-1.0.dist-info/RECORD", "")
`;
const python = "/usr/bin/python3";

const pips = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    try {
      execFileSync(python, ["-m", "pip", "--version"], { stdio: "ignore" });
    } catch {
      return void t.log("skipped: there is no pip");
    }
    const { box, env } = await makePlace(t, who);
    const name = "dep-1.0-py3-none-any.whl";
    const file = join(box.base, "beside", name);
    execFileSync(python, ["-c", wheel, file]);
    const bytes = readFileSync(file);
    rmSync(file);
    const page = `<!doctype html><a href="/files/${name}">${name}</a>`;
    const server = createServer((request, response) => {
      if (request.url === `/files/${name}`) return response.end(bytes);
      return response.setHeader("Content-Type", "text/html").end(page);
    });
    const port = await listen(t, server);
    const index = `--index-url http://${address}:${port}/simple --trusted-host ${address}`;
    const install = `${python} -m pip install -q --no-cache-dir --disable-pip-version-check --retries 0 --target out ${index} dep`;
    const script = `${install} 2>/dev/null; PYTHONPATH=out ${python} -c 'import dep; print(dep.answer)' 2>/dev/null`;
    const run = (...flags: readonly string[]) => sandboxIn(box, who, [...flags, "--rw", "--", "sh", "-c", script], env);
    t.is((await run("--allow", "a.org")).stdout, "");
    const allowed = await run("--allow", `${address}:${port}`);
    t.is(allowed.stdout, "7\n", allowed.stderr);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, who: Who) => `as ${who}: pip takes packages from an index that is allowed, and from no other`,
});
test.serial(pips, "root");
test.serial(pips, "user");

/** What a server of the host's loopback says. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/" }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(text));
    });
    request.on("error", () => resolve(""));
  });
}

const serves = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const free = createServer();
    await new Promise((resolve) => free.listen(0, "127.0.0.1", () => resolve(undefined)));
    const at = free.address();
    const port = typeof at === "object" && at !== null ? at.port : 0;
    await new Promise((resolve) => free.close(resolve));
    const server = `require("http").createServer((request, response) => response.end("hello")).listen(${port}, "localhost")`;
    const running = startIn(box, who, ["--publish", `${port}`, "--", "node", "-e", server], env);
    await until("the server answers", async () => (await ask(port)) === "hello");
    process.kill(running.pid, "SIGTERM");
    t.is((await running.done).exitCode, 143);
    t.is(await ask(port), "");
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, who: Who) => `as ${who}: a server of a developer is reached from the host, and ends by TERM`,
});
test.serial(serves, "root");
test.serial(serves, "user");
