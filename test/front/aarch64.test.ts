// The program for aarch64, under emulation: the same image, whose code another compiler's back end has made.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { native } from "./both.ts";

const program = join(repository, "packages/cli/native/aarch64/coffer");

test("the program for aarch64 says and plans what the one of this machine does", async (t) => {
  if (!(await needs(t, "native-front", "qemu-aarch64"))) return;
  if (!existsSync(program)) {
    t.log("not built: `npm run front -- --all`");
    t.pass();
    return;
  }
  const box = makeBox(t);
  mkdirSync(join(box.base, "empty"));
  for (const words of [
    ["--version"],
    ["state", "none"],
    ["plan", join(box.base, "empty")],
    ["features"],
    ["nonsense"],
  ]) {
    const calls = [["qemu-aarch64", program], native].map((argv) =>
      command([...argv, ...words, ...(words[0] === "state" ? ["--root", box.state] : [])]),
    );
    const [emulated, own] = await Promise.all(calls);
    t.deepEqual(emulated, own, words.join(" "));
  }
  const { exitCode, stdout } = await command(["qemu-aarch64", program, "plan", box.path]);
  t.is(exitCode, 0);
  t.regex(stdout, /pivot/);
});
