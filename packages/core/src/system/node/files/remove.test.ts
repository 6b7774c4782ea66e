// Removing what others may still be making something in.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { SystemError } from "../../error.ts";
import { removeDir } from "./files.ts";

const opener = `
  const { openSync, closeSync, constants } = require("node:fs");
  console.log("ready");
  for (;;) try { closeSync(openSync(process.argv[1], constants.O_RDWR | constants.O_CREAT)); } catch {}
`;

test("a directory goes although somebody makes its lock meanwhile", async (t) => {
  const base = mkdtempSync(join(tmpdir(), "cft-files-"));
  const dir = join(base, "dir");
  const child = spawn(process.execPath, ["-e", opener, join(dir, "lock")], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => {
    child.kill("SIGKILL");
    rmSync(base, { recursive: true, force: true });
  });
  await once(child.stdout, "data");
  for (let i = 0; i < 500; i++) {
    mkdirSync(dir);
    writeFileSync(join(dir, "lock"), "");
    removeDir(dir, ["lock"]);
    t.false(existsSync(dir));
  }
});

test("a file that is not ours keeps its directory", (t) => {
  const base = mkdtempSync(join(tmpdir(), "cft-files-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  writeFileSync(join(base, "else"), "");
  const error = t.throws(() => removeDir(base, ["lock"]), { instanceOf: SystemError });
  t.is(error.errno, "ENOTEMPTY");
});

test("a link and an empty directory in the place of a file go, and what the link leads to stays", (t) => {
  const base = mkdtempSync(join(tmpdir(), "cft-files-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const dir = join(base, "dir");
  const other = join(base, "other");
  mkdirSync(join(dir, "process"), { recursive: true });
  mkdirSync(other);
  symlinkSync(other, join(dir, "state.json"));
  removeDir(dir, ["state.json", "process"]);
  t.false(existsSync(dir));
  t.true(existsSync(other));
});
