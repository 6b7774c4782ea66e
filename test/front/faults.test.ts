// What goes wrong beneath the native front: one line, a status of failure, and nothing is left.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeRandom } from "../../packages/spec/src/testing/mutate.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { native } from "./both.ts";

const [program = ""] = native;

/** A copy of the program, with its helper beside it. */
function copyProgram(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const copy = join(directory, "coffer-oci");
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
  return copy;
}

const isOneLine = (text: string): boolean => /^[^\n]+\n$/.test(text);

test.serial("a program whose file is cut short says so, or does not start", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const box = makeBox(t);
  const size = readFileSync(program).length;
  for (const part of [0.2, 0.5, 0.9]) {
    const copy = copyProgram(join(box.base, "cut"));
    truncateSync(copy, Math.floor(size * part));
    const { exitCode, signal, stdout } = await command(["sh", "-c", 'exec "$0" state x', copy]);
    t.true(exitCode !== 0 || signal !== null);
    t.is(stdout, "");
  }
});

/** Where the build's id is: at both ends of the image, and in the code. */
function placesOfId(bytes: Buffer): readonly number[] {
  const text = bytes.toString("latin1");
  const ids = text.match(/[0-9a-f]{64}/g) ?? [];
  const id = ids.find((one) => ids.filter((other) => other === one).length === 3) ?? "none";
  return [...text.matchAll(new RegExp(id, "g"))].map(({ index }) => index);
}

test.serial(
  "a program that lacks an end of its image, or has another build's, says so before anything else",
  async (t) => {
    if (!(await needs(t, "native-front"))) return;
    const box = makeBox(t);
    const bytes = readFileSync(program);
    const places = placesOfId(bytes);
    t.is(places.length, 3);
    for (const place of places) {
      const copy = copyProgram(join(box.base, "other"));
      writeFileSync(copy, Buffer.concat([bytes.subarray(0, place), Buffer.alloc(64), bytes.subarray(place + 64)]));
      const { exitCode, stdout, stderr } = await command([copy, "--version"]);
      const expected = "coffer: the program is damaged: its image is not of its build\n";
      t.deepEqual({ exitCode, stdout, stderr }, { exitCode: 1, stdout: "", stderr: expected });
    }
  },
);

test.serial("a program whose image was damaged ends, and starts no container", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const box = makeBox(t);
  const bytes = readFileSync(program);
  const random = makeRandom(1);
  let succeeded = 0;
  for (let round = 0; round < 12; round++) {
    const copy = copyProgram(join(box.base, "damaged"));
    const damaged = Buffer.from(bytes);
    // The image is the last and largest part of the file.
    for (let place = 0; place < 2000; place++)
      damaged[Math.floor(bytes.length * 0.4) + random(bytes.length / 2)] = random(256);
    writeFileSync(copy, damaged);
    const argv = ["timeout", "-s", "KILL", "5", copy, "--root", box.state, "state", "x"];
    const { exitCode, stdout } = await command(argv);
    // Nothing looks at the image when it runs: what is damaged may be the status.
    succeeded += exitCode === 0 ? 1 : 0;
    t.is(stdout, "");
  }
  t.true(succeeded <= 1);
  await nothingLeft(t, box, box.before);
});

/** Values that nest deeper than the engine's stack. */
const deep = (levels: number): string => `${'{"a":['.repeat(levels)}1${"]}".repeat(levels)}`;

test.serial("a config that nests without end is an error in one line", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const box = makeBox(t);
  for (const levels of [1000, 50_000, 500_000]) {
    writeFileSync(join(box.path, "config.json"), deep(levels));
    const { exitCode, signal, stderr } = await command([program, "plan", box.path]);
    t.is(exitCode, 1, `${levels}: ${signal} ${stderr.slice(0, 200)}`);
    t.true(isOneLine(stderr));
  }
});

test.serial("without address space the program says what it needs", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const { exitCode, stderr } = await command(["sh", "-c", 'ulimit -v 1000000; exec "$0" state x', program]);
  t.is(exitCode, 125);
  t.regex(stderr, /^coffer: there is no address space for the engine: 8 GiB/);
});

test.serial(
  "a program that runs out of memory says so in one line, wherever that is, and leaves nothing",
  async (t) => {
    if (!(await needs(t, "root", "native-front"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
    const file = join(box.path, "config.json");
    const names = Array.from({ length: 12_000 }, (_, index) => [`org.example.n${index}`, "x".repeat(20)]);
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), annotations: Object.fromEntries(names) }),
    );
    const ends: (number | null)[] = [];
    for (let kib = 17_000; kib < 60_000; kib += 1500) {
      const argv = ["sh", "-c", `ulimit -d ${kib}; exec "$@"`, "sh", program, "--root", box.state];
      const { exitCode, signal, stdout, stderr } = await command([...argv, "run", "--bundle", box.path, box.tag]);
      const told = `${kib} KiB: status ${exitCode} ${signal}: ${stderr}`;
      t.is(stdout, "", told);
      t.true(exitCode === 0 || (exitCode === 125 && isOneLine(stderr)), told);
      ends.push(exitCode);
    }
    t.true(ends.includes(0) && ends.includes(125));
    await nothingLeft(t, box, box.before);
  },
);

test.serial("a small stack of the caller's is enough", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const { exitCode, stderr } = await command(["sh", "-c", 'ulimit -s 128; exec "$0" state x', program]);
  t.is(exitCode, 1);
  t.regex(stderr, /^coffer: container x does not exist/);
});

test.serial("standard streams that are closed are not taken by files", async (t) => {
  if (!(await needs(t, "native-front"))) return;
  const box = makeBox(t);
  const script = 'exec 0<&- 1>&- 2>&-; exec "$0" --root "$1" list';
  t.is((await command(["sh", "-c", script, program, box.state])).exitCode, 0);
});

/** Has the Nth call of a name fail, as strace can, while the container runs. */
async function inject(t: ExecutionContext, call: string, errno: string, at: number): Promise<boolean> {
  const box = makeBox(t);
  const fault = `inject=${call}:error=${errno}:when=${at}`;
  const log = join(box.base, "strace");
  const argv = ["strace", "-o", log, "-e", `trace=${call}`, "-e", fault, program, "--root", box.state];
  const { exitCode, signal, stderr } = await command([...argv, "run", "--bundle", box.path, box.tag]);
  const isHit = existsSync(log) && readFileSync(log, "utf8").includes("(INJECTED)");
  if (isHit) {
    t.is(signal, null, `${fault}: ${stderr}`);
    t.true(exitCode === 0 || (isOneLine(stderr) && exitCode === 125), `${fault}: status ${exitCode}: ${stderr}`);
  }
  // What the verb could not take away itself, `delete --force` does.
  await command([program, "delete", "--root", box.state, "--force", box.tag]);
  await nothingLeft(t, box, box.before);
  return isHit;
}

const faults: readonly (readonly [string, string])[] = [
  ["openat", "EMFILE"],
  ["read", "EIO"],
  ["mkdir", "ENOSPC"],
  ["pipe2", "EMFILE"],
  ["write", "ENOSPC"],
  ["flock", "ENOLCK"],
  ["pidfd_open", "ENOSYS"],
  ["getcwd", "ENOENT"],
  ["getrandom", "ENOSYS"],
  ["mprotect", "ENOMEM"],
  ["mremap", "ENOMEM"],
];

for (const [call, errno] of faults)
  test.serial(`${call} that fails with ${errno} ends the verb in one line, wherever it is`, async (t) => {
    if (!(await needs(t, "native-front", "root", "strace"))) return;
    // Every place of the first ones, then some.
    for (const at of [1, 2, 3, 4, 6, 9, 14, 20, 30, 45]) if (!(await inject(t, call, errno, at))) break;
    t.true(existsSync(dirname(program)));
  });
