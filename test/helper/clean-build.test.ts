// The build of the helper can be repeated. The other files of a release: test/packages/clean.test.ts.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { kept } from "../helpers/kept.ts";

test.serial("two clean builds are the same", async (t) => {
  t.timeout(900_000);
  const directory = mkdtempSync(join(tmpdir(), "cft-build-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const zig = process.env.ZIG ?? join(repository, "node_modules/.bin/zig");
  const build = async (name: string): Promise<readonly string[]> => {
    const at = join(directory, name);
    mkdirSync(at);
    const caches = ["--cache-dir", join(at, "cache"), "--global-cache-dir", join(at, "global")];
    const argv = [zig, "build", "--prefix", join(at, "out"), ...caches];
    const outcome = await command(argv, { cwd: repository, timeoutMs: 400_000 });
    t.is(outcome.exitCode, 0, outcome.stderr);
    return ["x86_64", "aarch64"].map((arch) => {
      const bytes = readFileSync(join(at, "out", `coffer-helper-${arch}`));
      return createHash("sha256").update(bytes).digest("hex");
    });
  };
  const inputs = [
    "helper-c",
    "build.zig",
    "package-lock.json",
    "scripts/strip-sections.zig",
    "test/helper/clean-build.test.ts",
  ];
  await kept(t, inputs, async () => void t.deepEqual(await build("first"), await build("second")));
});
