// The tests in groups: `main` is what `npm test` runs; the others need machines or programs of their own.
// `nightly` takes long on a calm machine and does not bear a busy one.
const nightly = [
  "test/helper/sanitised.test.ts",
  "test/faults/{executed,faults,front,soak}.test.ts",
  "test/defence/{races,waits-long,weakened}.test.ts",
  "test/policy/many.test.ts",
  "test/model/weakened.test.ts",
  "test/adversary/weakened.test.ts",
];

const groups = {
  main: [
    "packages/*/src/**/*.test.ts",
    "test/**/*.test.ts",
    "!test/vm/**",
    "!test/clients/**",
    "!test/packages/install.test.ts",
    ...nightly.map((file) => `!${file}`),
  ],
  // These are in both groups: a few runs, or all of them.
  nightly: [
    ...nightly,
    "test/defence/front-races.test.ts",
    "test/adversary/inside.test.ts",
    "test/adversary/beside/*.test.ts",
  ],
  vm: ["test/vm/**/*.test.ts"],
  // Installs from the registry, which takes its time.
  clients: ["test/clients/**/*.test.ts", "test/packages/install.test.ts"],
};

// Fast and Debian guests in turn: what starts first makes the Debian image, and who needs it too would only wait for that.
const guests = ["apparmor", "fast", "selinux"];
const turn = (file) => {
  const index = guests.findIndex((name) => file.endsWith(`/vm/${name}.test.ts`));
  return index < 0 ? guests.length : index;
};

export default {
  files: groups[process.env.COFFER_TESTS ?? "main"],
  extensions: ["ts"],
  nodeArguments: ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"],
  workerThreads: false,
  concurrency: 2,
  sortTestFiles: (a, b) => turn(a) - turn(b) || a.localeCompare(b),
  timeout: "180s",
};
