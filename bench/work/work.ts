// What people do in a sandbox, beside bubblewrap and srt (@anthropic-ai/sandbox-runtime): short commands, a compiler, and requests
// that go through a proxy. Each command runs once a round, one after the other.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../test/helpers/build.ts";
import { frontArgv } from "../../test/helpers/callers/front.ts";
import { nearest } from "../same-view.ts";
import type { Answer, Sample } from "../sample.ts";
import { ratioBound, timeRows } from "../sample.ts";
import { writeRealProject } from "./real.ts";

const peers = join(repository, "bench/peers");
const srt = join(peers, "node_modules/.bin/srt");
const [coffer = ""] = frontArgv("coffer", [], true);
const port = 18_123;
const server = `127.0.0.1:${port}`;

/** srt as the caller's npm installs it. */
function installPeers(): void {
  const { status } = spawnSync(process.execPath, [join(repository, "scripts/npm.mjs"), "ci", "--ignore-scripts"], {
    cwd: peers,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("srt could not be installed: see what npm says, in bench/peers");
}

interface Place {
  readonly base: string;
  readonly project: string;
  readonly settings: string;
}

/** A small project of git and npm. It is not in /tmp, which the sandboxes have for themselves. */
function makePlace(): Place {
  const cache = join(repository, ".cache");
  mkdirSync(cache, { recursive: true });
  const base = mkdtempSync(join(cache, "bench-work-"));
  const project = join(base, "project");
  mkdirSync(project);
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "small", "private": true, "scripts": { "test": "node --test" } }\n',
  );
  writeFileSync(
    join(project, "sum.test.mjs"),
    'import assert from "node:assert";\nimport test from "node:test";\ntest("sums", () => assert.equal(1 + 1, 2));\n',
  );
  const commit = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "begin"];
  for (const words of [["init", "-q"], ["add", "."], commit]) spawnSync("git", words, { cwd: project });
  const settings = join(base, "srt.json");
  const network = { allowedDomains: ["127.0.0.1"], deniedDomains: [] };
  const filesystem = { denyRead: [], allowWrite: ["."], denyWrite: [] };
  writeFileSync(settings, JSON.stringify({ network, filesystem }));
  return { base, project, settings };
}

/** One way of running a command, by its name. */
type Ways = Readonly<Record<string, (argv: readonly string[]) => readonly string[]>>;

const waysOf = ({ settings }: Place, flags: readonly string[] = []) => ({
  "no sandbox": (argv: readonly string[]) => argv,
  // Where npm has put the Node that this runs with.
  "coffer sandbox": (argv: readonly string[]) => [
    coffer,
    "sandbox",
    "--read",
    join(repository, "node_modules"),
    ...flags,
    "--",
    ...argv,
  ],
  bubblewrap: (argv: readonly string[]) => ["bwrap", ...nearest, ...argv],
  srt: (argv: readonly string[]) => [srt, "--settings", settings, "--", ...argv],
});

/** Runs a command in each way, in turn. A first round is not counted. */
function measure(ways: Ways, argv: readonly string[], cwd: string, rounds: number): readonly Sample[] {
  const samples = Object.entries(ways).map(([name, words]) => ({ name, words, values: [] as number[] }));
  for (let round = -1; round < rounds; round++)
    for (const { name, words, values } of samples) {
      const [file = "", ...args] = words(argv);
      const began = performance.now();
      const { status, stderr } = spawnSync(file, args, { cwd, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
      if (status !== 0) throw new Error(`${name}: ${argv.join(" ")} ended with ${status}: ${stderr}`);
      if (round >= 0) values.push((performance.now() - began) * 1000);
    }
  return samples;
}

const named = (samples: readonly Sample[], what: string): readonly Sample[] =>
  samples.map(({ name, values }) => ({ name: `${what}, ${name}`, values }));

/** Commands of a project. */
function commands(place: Place, rounds: number): Answer {
  const rows = [
    { what: "`true`", argv: ["/bin/true"], cwd: place.project, rounds },
    { what: "`git status`", argv: ["git", "status", "--short"], cwd: place.project, rounds },
    { what: "`npm test`", argv: ["npm", "test", "--silent"], cwd: place.project, rounds: Math.ceil(rounds / 2) },
  ];
  const all = rows.map(({ what, argv, cwd, rounds: most }) => named(measure(waysOf(place), argv, cwd, most), what));
  const compiler = [join(repository, "node_modules/.bin/tsc"), "-p", "tsconfig.test.json", "--noEmit"];
  // Each takes seconds, and their ratio is what is asked for.
  const { "coffer sandbox": inside, "no sandbox": outside } = waysOf(place);
  const [ours, plain] = measure({ "coffer sandbox": inside, "no sandbox": outside }, compiler, repository, rounds);
  if (ours && plain) all.push(named([ours, plain], "`tsc` of this project"));
  return {
    title: "Commands of a project",
    note: "The native front; bubblewrap with the whole host read-only; srt as its package has it. The small project has one test.",
    columns: ["µs", "min", "median", "of the last"],
    rows: all.flatMap((samples) => timeRows(samples, samples.at(-1)?.name ?? "")),
    bounds: [ratioBound("tsc in coffer sandbox / without", ours, plain, 1.02)],
  };
}

/** `npm ci` of a real project from a cache that has all of it, and what it costs to be told of denials. */
function installs({ base }: Place, rounds: number): Answer {
  const project = join(base, "installed");
  const cache = join(base, "cache");
  for (const dir of [project, cache]) mkdirSync(dir);
  const count = writeRealProject(project);
  const install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", cache];
  const filled = spawnSync("npm", install.slice(1), { cwd: project, encoding: "utf8" });
  if (filled.status !== 0) throw new Error(`npm ci ended with ${filled.status}: ${filled.stderr}`);
  const given = ["sandbox", "--rw", "--write", cache, "--read", join(repository, "node_modules")];
  const within =
    (...flags: readonly string[]) =>
    (argv: readonly string[]) => [coffer, ...given, ...flags, "--", ...argv];
  const ways: Ways = {
    "no sandbox": (argv) => argv,
    "coffer sandbox --hints": within("--hints"),
    "coffer sandbox --explain": within("--explain"),
    "coffer sandbox": within(),
  };
  const samples = measure(ways, [...install, "--offline"], project, rounds);
  const [, hints, explain, plain] = samples;
  return {
    title: "Denials that are reported",
    note: `\`npm ci\` of ${count} packages, those of this project, from a full cache.`,
    columns: ["µs", "min", "median", "of the last"],
    rows: timeRows(named(samples, "`npm ci`"), "`npm ci`, coffer sandbox"),
    bounds: [
      ratioBound("npm ci with --hints / without", hints, plain, 1.05),
      ratioBound("npm ci with --explain / without", explain, plain, 1.05),
    ],
  };
}

/** 1 GB, and 10,000 requests over one connection, through the proxies. */
async function requests(place: Place, rounds: number): Promise<Answer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "server.mjs"), String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    const { bubblewrap: _none, ...ways } = waysOf(place, ["--allow", server]);
    const curl = ["curl", "-sSf", "--noproxy", "", "-o", "/dev/null"];
    const many = measure(ways, [...curl, `http://${server}/small?[1-10000]`], place.project, rounds);
    const large = measure(ways, [...curl, `http://${server}/${1024 ** 3}`], place.project, rounds);
    const all = [named(many, "10,000 requests"), named(large, "1 GB")];
    return {
      title: "Requests through the proxy",
      note: "`curl` of a server on the host's loopback interface, by the proxy of each sandbox. bubblewrap has no proxy.",
      columns: ["µs", "min", "median", "of the last"],
      rows: all.flatMap((samples) => timeRows(samples, samples.at(-1)?.name ?? "")),
      bounds: [],
    };
  } finally {
    child.kill();
  }
}

/** Work in sandboxes, beside bubblewrap and srt. */
export async function workInSandboxes(rounds: number): Promise<readonly Answer[]> {
  if (!existsSync(coffer)) throw new Error("the native front is not built: npm run front");
  if (!existsSync(srt)) installPeers();
  const place = makePlace();
  try {
    return [
      commands(place, rounds),
      installs(place, Math.ceil(rounds / 2)),
      await requests(place, Math.ceil(rounds / 4)),
    ];
  } finally {
    rmSync(place.base, { recursive: true, force: true });
  }
}
