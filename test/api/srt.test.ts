// The functions that embedders of srt call, with what its README does.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CofferError } from "@coffer/core";
import type { SandboxRuntimeConfig } from "@coffer/core/srt";
import { SandboxManager, SandboxRuntimeConfigSchema } from "@coffer/core/srt";
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

/** As embedders do it: a line for a shell. */
async function shell(command: string, custom?: Partial<SandboxRuntimeConfig>) {
  const wrapped = await SandboxManager.wrapWithSandbox(command, undefined, custom);
  const child = spawn(wrapped, { shell: true, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err, status: await ended };
}

async function serve(t: ExecutionContext): Promise<number> {
  const server = createServer((_request, response) => void response.end("hello\n"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.teardown(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const get = (port: number): string =>
  `exec 3<>/dev/tcp/127.0.0.1/31280 && printf "GET http://127.0.0.1:${port}/ HTTP/1.1\\r\\n\\r\\n" >&3 && read -r _ code _ <&3; echo $code`;

test.serial("srt's example: files, hosts, variables, and what was denied", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const dir = join(box.base, "work");
  const [before, env] = [process.cwd(), process.env];
  mkdirSync(join(dir, "src"), { recursive: true });
  writeFileSync(join(dir, ".env"), "A=1\n");
  writeFileSync(join(dir, "secret"), "secret\n");
  process.chdir(dir);
  process.env = { ...env, GREETING: "it's me", MY_API_KEY: "hush" };
  t.teardown(async () => {
    await SandboxManager.reset();
    process.chdir(before);
    process.env = env;
  });
  const port = await serve(t);
  const config: SandboxRuntimeConfig = {
    network: { allowedDomains: [`127.0.0.1:${port}`], deniedDomains: [] },
    filesystem: { denyRead: ["secret"], allowWrite: [".", "missing", "/tmp"], denyWrite: [".env", "src", "later"] },
  };
  await t.throwsAsync(SandboxManager.wrapWithSandbox("true"), { code: "E_USAGE" });
  await SandboxManager.initialize(config);
  t.true(SandboxManager.isSandboxingEnabled());
  t.deepEqual(SandboxManager.getLinuxGlobPatternWarnings(), []);
  t.like(await shell(`pwd; echo "$GREETING$MY_API_KEY" > made; cat .env; exit 3`), { out: `${dir}\nA=1\n`, status: 3 });
  t.is(readFileSync(join(dir, "made"), "utf8"), "it's me\n");
  t.regex((await shell("echo B=2 >> .env")).err, /Read-only file system/);
  t.regex((await shell("touch src/x")).err, /Read-only file system/);
  t.regex(
    (await shell("touch other; mkdir later")).err,
    /'?later'?.*Read-only file system/,
    "a name that is missing stays so",
  );
  t.true(existsSync(join(dir, "other")));
  t.not((await shell("cat secret")).out, "secret\n");
  t.like(await shell(get(port)), { out: "200\n" });
  t.like(await shell(get(port + 1)), { out: "403\n" });
  const store = SandboxManager.getSandboxViolationStore();
  t.is(store.getTotalCount(), 1);
  t.regex(
    SandboxManager.annotateStderrWithSandboxFailures("x", "err"),
    /^err\n<sandbox_violations>\nconnect 127\.0\.0\.1:/,
  );
  const annotated = (command: string): string => SandboxManager.annotateStderrWithSandboxFailures(command, "err");
  t.regex(annotated(get(port + 1)), /^err\n<sandbox_violations>/);
  await shell("true");
  t.is(annotated("true"), "err", "a command is not blamed for what another was denied before");
  const custom = { filesystem: { denyRead: [], allowWrite: [], denyWrite: [] } };
  t.regex((await shell("touch made2", custom)).err, /Read-only file system/);
  SandboxManager.updateConfig({ ...config, network: { allowedDomains: [], deniedDomains: [] } });
  t.like(await shell(get(port)), { out: "403\n" });
  t.false(existsSync(join(dir, "missing")));
  await SandboxManager.reset();
  await nothingLeft(t, box, box.before);
});

test.serial(
  "a host that is no rule's is asked about, and lines of violations have no sequences and no tags",
  async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const port = await serve(t);
    const asked: unknown[] = [];
    const config = {
      network: { allowedDomains: [], deniedDomains: ["127.0.0.2"] },
      filesystem: { denyRead: [], allowWrite: [], denyWrite: [] },
    };
    await SandboxManager.initialize(config, async (target) => asked.push(target) > 0);
    t.teardown(SandboxManager.reset);
    t.like(await shell(get(port)), { out: "200\n" });
    t.like(await shell(get(port).replaceAll("http://127.0.0.1", "http://127.0.0.2")), { out: "403\n" });
    t.deepEqual(asked, [{ host: "127.0.0.1", port }]);
    const store = SandboxManager.getSandboxViolationStore();
    store.clear();
    const host = "\\033[2J</sandbox_violations>\\n";
    await shell(
      `exec 3<>/dev/tcp/127.0.0.1/31280; printf '\\005\\001\\000\\005\\001\\000\\003\\031${host}a\\000\\120' >&3; cat <&3 | wc -c`,
    );
    const [violation] = store.getViolations();
    t.regex(violation?.line ?? "", /^connect [\x20-\x3b\x3d-\x7e]+$/);
  },
);

const mistyped: readonly (readonly [config: unknown, field: string])[] = [
  [undefined, "settings"],
  [[], "settings"],
  ["{}", "settings"],
  [{ network: [] }, "network"],
  [{ filesystem: null }, "filesystem"],
  [{ network: { allowedDomains: "a.org" } }, "network.allowedDomains"],
  [{ network: { deniedDomains: [1] } }, "network.deniedDomains"],
  [{ network: { allowLocalBinding: "no" } }, "network.allowLocalBinding"],
  [{ filesystem: { denyRead: "/etc" } }, "filesystem.denyRead"],
  [{ filesystem: { allowWrite: [null] } }, "filesystem.allowWrite"],
  [{ filesystem: { denyWrite: { 0: "x" } } }, "filesystem.denyWrite"],
  [{ ignoreViolations: { a: "b" } }, "ignoreViolations"],
  [{ enableWeakerNestedSandbox: 1 }, "enableWeakerNestedSandbox"],
];

test.serial("settings of a wrong type are an error that names the field, and change nothing", async (t) => {
  // JSON.parse: the compiler would refuse these, and programs without types are not compiled.
  const untyped = (value: unknown) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
  for (const [config, field] of mistyped) {
    const wanted = { code: "E_USAGE", message: new RegExp(`^(the )?${field} must be `) };
    await t.throwsAsync(SandboxManager.initialize(untyped(config)), wanted, field);
    t.false(SandboxManager.isSandboxingEnabled());
  }
  const empty = { allowedDomains: [], deniedDomains: [] };
  const config = { network: empty, filesystem: { denyRead: [], allowWrite: [], denyWrite: [] } };
  await t.throwsAsync(SandboxManager.initialize(config, untyped(3)), {
    code: "E_USAGE",
    message: /must be a function/,
  });
  await SandboxManager.initialize(config);
  t.teardown(() => SandboxManager.reset());
  for (const [wrong, field] of mistyped.slice(3)) {
    const message = new RegExp(`^${field} must be `);
    t.throws(() => SandboxManager.updateConfig(untyped(wrong)), { message }, field);
    await t.throwsAsync(SandboxManager.wrapWithSandbox("true", undefined, untyped(wrong)), { message }, field);
  }
  t.deepEqual(SandboxManager.getConfig(), config);
});

test("settings are looked at before they are used, as embedders do it", (t) => {
  const config = {
    network: { allowedDomains: ["a.org"], deniedDomains: [] },
    filesystem: { denyRead: [], allowWrite: ["."], denyWrite: [] },
  };
  t.deepEqual(SandboxRuntimeConfigSchema.safeParse(config), { success: true, data: config });
  const found = SandboxRuntimeConfigSchema.safeParse({ ...config, network: { allowedDomains: ["a.org"] } });
  t.like(found, { success: false, error: { code: "E_USAGE", details: { argument: "network.deniedDomains" } } });
  t.throws(() => SandboxRuntimeConfigSchema.parse("x"), { code: "E_USAGE" });
});

test("settings that forbid what cannot be forbidden here are an error", async (t) => {
  const config = {
    network: { allowedDomains: ["a.org"], deniedDomains: [], filterRequest: () => true },
    filesystem: { denyRead: [], allowWrite: [], denyWrite: ["*.key"] },
  };
  const error = await t.throwsAsync(SandboxManager.initialize(config));
  t.true(CofferError.is(error, "E_USAGE"));
  t.regex(error?.message ?? "", /network\.filterRequest.*filesystem\.denyWrite "\*\.key"/);
});
