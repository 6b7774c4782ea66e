// The tests in groups. `npm test` runs `quick`; `npm run test:all` runs `quick`, then `rest`, `vm` and `clients` together
// (docs/testing.md).
import * as fs from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isCurrent, whatIsStale } from "./scripts/testing/built.mjs";
import { sweep } from "./scripts/testing/sweep.mjs";
import { parted, quick } from "./test/quick.js";

if (!process.features.typescript || fs.globSync === undefined)
  throw new Error(
    `Node ${process.version} cannot run the tests, which are TypeScript: run \`npx ava FILE\` after \`npm ci\`, or \`npm test -- FILE\`, which find Node 24 in node_modules/.bin`,
  );

// The cgroup that all tests have theirs in is nobody's of them. This is read by the process that starts them, and outlives them.
process.once("exit", sweep);

const root = fileURLToPath(new URL(".", import.meta.url));

// Takes long on a calm machine, and does not bear a busy one.
const nightly = [
  "test/helper/{clean-build,sanitised}.test.ts",
  "test/faults/{executed,faults,front,soak}.test.ts",
  "test/defence/{races,waits-long,weakened}.test.ts",
  "test/policy/many.test.ts",
  "test/conformance/pairs.test.ts",
  "test/front/every-fault.test.ts",
  "test/model/weakened.test.ts",
  "test/packages/clean.test.ts",
  "test/adversary/weakened.test.ts",
  "test/sandbox/{fence-weakened,vitest}.test.ts",
  "test/vm/aarch64/guest.test.ts",
  "test/vm/waiting.test.ts",
];

const vm = ["test/vm/**/*.test.ts"];

/** Engines with coffer in a guest, and coffer in containers of engines there: one of the two each day. */
const engines = ["test/vm/engines.test.ts", "test/vm/nested.test.ts"];

// Installs from the registry, which takes its time.
const clients = [
  "test/clients/**/*.test.ts",
  "test/packages/{bun-deno,install}.test.ts",
  "test/wasm/{podman,containerd,docker}.test.ts",
];

const unit = ["packages/*/src/**/*.test.ts"];
const all = [...unit, "test/**/*.test.ts"];

const find = (globs) =>
  fs.globSync(globs, { cwd: root, exclude: (name) => name === "node_modules" || name === ".cache" });

/** The files of the first globs without those of the others. */
function filesOf(globs, ...without) {
  const left = new Set(find(without.flat()));
  return find(globs).filter((file) => !left.has(file));
}

const main = filesOf(all, vm, clients, nightly);

// What is run with the native front as well: COFFER_FRONT=native.
const front = filesOf([
  "test/cli/{audit,explain,odd-callers,oci,output,policy,sandbox,spec,usage,verbs,warnings}.test.ts",
  "test/lifecycle/*.test.ts",
  "test/sandbox/*.test.ts",
  "test/bad-input/{arguments,config,named-files,passwd,plans}.test.ts",
  "test/clients/buildah.test.ts",
]);

/** Whether there is a native front of these sources. */
const isNative = isCurrent("packages/cli/native");

const names = (process.env.COFFER_TESTS ?? "main").split(/[ ,]+/);

/** As in test/helpers/runner/daily.ts. */
const day = Number(process.env.COFFER_DAY ?? Math.floor(Date.now() / 86_400_000));

/** What a file has taken, in seconds, when it was measured: only those that take long are in the list. */
const durations = JSON.parse(fs.readFileSync(new URL("test/durations.json", import.meta.url), "utf8"));
const durationOf = (file) => durations[relative(root, file)] ?? 0;

// Fast and Debian guests in turn: what starts first makes the Debian image, and who needs it too would only wait for that.
const guests = ["apparmor", "fast", "selinux"];
const turn = (file) => {
  const index = guests.findIndex((name) => file.endsWith(`/vm/${name}.test.ts`));
  return index < 0 ? guests.length : index;
};

/** Longest first, so that no worker is left alone with a long file at the end. */
const byDuration = (a, b) => turn(a) - turn(b) || durationOf(b) - durationOf(a) || a.localeCompare(b);

/** Today's half of the files that run with the native front; the other half runs with Node's. */
const frontToday = front.toSorted(byDuration).filter((_file, index) => index % 2 === day % 2);

const groups = {
  quick: filesOf([...unit, ...quick]),
  // Of a file in both groups, each runs a part of the rows.
  rest: [...filesOf(main, unit, quick, isNative ? frontToday : []), ...parted],
  main,
  // Some files are in two groups: a few runs, or all of them.
  nightly: filesOf([
    ...nightly,
    ...vm,
    ...clients,
    "test/defence/front-races.test.ts",
    "test/front/{differential,fuzz}.test.ts",
    "test/adversary/inside.test.ts",
    "test/adversary/beside/*.test.ts",
    "test/wasm/{hostile,compare/core,compare/random}.test.ts",
    // All rows and changes, of which the other groups run a part each day.
    ...["test/conformance/conformance.test.ts", "test/defence/matrix.test.ts", "test/fuzz/minute.test.ts"],
    "packages/spec/src/{differential,reader}.test.ts",
  ]),
  vm: filesOf(vm, nightly, names.includes("rest") ? engines.filter((_file, index) => index !== day % 2) : []),
  front,
  "front-today": frontToday,
  clients: filesOf(clients),
  any: filesOf(all),
};

export default {
  files: [...new Set(names.flatMap((name) => groups[name]))],
  extensions: ["ts"],
  nodeArguments: ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"],
  require: [
    "./test/helpers/runner/ends.ts",
    ...(process.env.COFFER_LAUNCHES === undefined ? [] : ["./test/helpers/runner/launches.ts"]),
  ],
  // Looked at once for all tests: those that need what is built refuse to run (test/helpers/build.ts).
  environmentVariables: {
    COFFER_STALE: whatIsStale() ?? "",
    COFFER_NATIVE: isNative ? "built" : "",
  },
  workerThreads: false,
  // Guests and engines wait for much of their time: a third file works meanwhile.
  concurrency: names.includes("vm") ? 3 : 2,
  sortTestFiles: byDuration,
  timeout: "180s",
};
